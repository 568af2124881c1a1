namespace Flair.Toy;

/// <summary>FLAIR's label values (1 to 19) of the classes that the landscape draws. Source: FLAIR #1 data paper, table of the nomenclature.</summary>
internal static class ToyClass
{
    public const byte Building = 1;
    public const byte Pervious = 2;
    public const byte Impervious = 3;
    public const byte BareSoil = 4;
    public const byte Water = 5;
    public const byte Coniferous = 6;
    public const byte Deciduous = 7;
    public const byte Brushwood = 8;
    public const byte Vineyard = 9;
    public const byte Herbaceous = 10;
    public const byte Agricultural = 11;
    public const byte Plowed = 12;
    public const byte Pool = 13;
    public const byte ClearCut = 15;
    public const byte Ligneous = 17;
    public const byte Greenhouse = 18;
}
