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

    /// <summary>FLAIR's colours by label value, as 0xRRGGBB; 0 is no class.</summary>
    public static IReadOnlyList<int> Colors { get; } =
    [
        0x000000, 0xdb0e9a, 0x938e7b, 0xf80c00, 0xa97101, 0x1553ae, 0x194a26, 0x46e483, 0xf3a60d, 0x660082,
        0x55ff00, 0xfff30d, 0xe4df7c, 0x3de6eb, 0xffffff, 0x8ab3a0, 0x6b714f, 0xc5dc42, 0x9999ff, 0x000000,
    ];
}
