using Flair.Nomenclatures;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tiles;

/// <summary>What a <see cref="TileWriter"/> has to know about its tile.</summary>
public sealed record TileJob
{
    /// <summary>File name of the tile's rasters without suffix and extension.</summary>
    public required string Name { get; init; }

    /// <summary>The directory that takes the finished files.</summary>
    public required string Output { get; init; }

    /// <summary>
    /// The directory that takes unfinished files, on the same file system as <see cref="Output"/>. The tile uses the folder
    /// <see cref="Name"/> in it, and empties that folder first: what a killed run left there is of no use.
    /// </summary>
    public required string Work { get; init; }

    /// <summary>The tile's pixels.</summary>
    public required GridRect Rect { get; init; }

    /// <summary>The grid they lie on.</summary>
    public required MosaicGrid Grid { get; init; }

    /// <summary>Names and colours of the class codes.</summary>
    public required Nomenclature Classes { get; init; }

    /// <summary>Which rasters are written.</summary>
    public required OutputSettings Outputs { get; init; }

    /// <summary>What goes into the files' metadata: model, settings, software version; never a time, so that a tile made twice is the same twice.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
