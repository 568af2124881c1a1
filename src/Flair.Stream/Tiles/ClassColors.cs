using Flair.Nomenclatures;

namespace Flair.Tiles;

/// <summary>A nomenclature's colours in the forms that rasters and styles want.</summary>
internal static class ClassColors
{
    /// <summary>Red, green and blue of a class.</summary>
    public static (byte R, byte G, byte B) Rgb(LandCoverClass land) => ((byte)(land.Color >> 16), (byte)(land.Color >> 8), (byte)land.Color);

    /// <summary>The colour table for codes 0 to 255; what is no class is transparent black.</summary>
    public static IReadOnlyList<(byte R, byte G, byte B, byte A)> Table(Nomenclature nomenclature)
    {
        var table = new (byte, byte, byte, byte)[256];
        foreach (var land in nomenclature.Classes)
        {
            var (r, g, b) = Rgb(land);
            table[land.Index] = (r, g, b, 255);
        }

        return table;
    }
}
