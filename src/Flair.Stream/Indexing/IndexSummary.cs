namespace Flair.Indexing;

/// <summary>What an output directory holds.</summary>
public sealed record IndexSummary
{
    /// <summary>False while the run goes on, or after it was killed: then these are the tiles so far.</summary>
    public required bool Finished { get; init; }

    /// <summary>Tiles that are done.</summary>
    public required long TilesDone { get; init; }

    /// <summary>Tiles that failed.</summary>
    public required long TilesFailed { get; init; }

    /// <summary>Windows of the tiles that are done.</summary>
    public required long Windows { get; init; }

    /// <summary>Of these, those that the network computed.</summary>
    public required long WindowsComputed { get; init; }

    /// <summary>Pixels of the tiles that are done, without data or with.</summary>
    public required long Pixels { get; init; }

    /// <summary>Of these, those without data.</summary>
    public required long NodataPixels { get; init; }

    /// <summary>Mean probability of the winning class over all pixels with data, 0 to 1; null when there are none.</summary>
    public required double? MeanConfidence { get; init; }

    /// <summary>Sum of the tiles' seconds; tiles overlap in time.</summary>
    public required double Seconds { get; init; }

    /// <summary>Area a class, in the order of the nomenclature, classes without a pixel included.</summary>
    public required IReadOnlyList<ClassArea> Classes { get; init; }
}

/// <summary>What a class covers.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Color">Its colour as 0xRRGGBB.</param>
/// <param name="Active">False for a class that the model never predicts.</param>
/// <param name="Pixels">Its pixels.</param>
/// <param name="Hectares">Its area; null where the CRS counts in degrees.</param>
/// <param name="Share">Its share of all pixels with a class, 0 to 1; 0 when there are none.</param>
public sealed record ClassArea(int Index, string Name, int Color, bool Active, long Pixels, double? Hectares, double Share);

/// <summary>A tile in a list.</summary>
/// <param name="Tile">Its name.</param>
/// <param name="Seconds">From its first read to its last write.</param>
/// <param name="Windows">Windows that touch it.</param>
/// <param name="WindowsComputed">Of these, those that the network computed.</param>
/// <param name="Attempts">Times it was tried.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record TileLine(string Tile, double Seconds, int Windows, int WindowsComputed, int Attempts, string? Error);
