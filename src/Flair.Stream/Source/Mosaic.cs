using Flair.Gdal;
using Flair.Indexing;
using Flair.Settings;

namespace Flair.Source;

/// <summary>All tiles of a run as one raster.</summary>
public sealed class Mosaic
{
    internal Mosaic(MosaicGrid grid) => Grid = grid;

    /// <summary>The grid.</summary>
    public MosaicGrid Grid { get; }

    /// <summary>The tiles, north to south, then west to east, then by name.</summary>
    public IReadOnlyList<SourceTile> Tiles { get; } = [];

    /// <summary>Channels.</summary>
    public int ChannelCount { get; }

    /// <summary>Type of the values.</summary>
    public SampleType Samples { get; }

    /// <summary>Data type of the imagery.</summary>
    public GdalType ImageryType { get; }

    /// <summary>The smallest rectangle with all tiles.</summary>
    public GridRect Bounds { get; }

    /// <summary>Bytes of all files that are used.</summary>
    public long BytesToRead { get; }

    /// <summary>Opens the inputs.</summary>
    public static Mosaic Open(RunSettings settings, Action<string> notice) => throw new NotImplementedException($"{settings} {notice}");

    /// <summary>What any product would read for an area.</summary>
    public IReadOnlyList<InputFingerprint> Fingerprints(GridRect area) => throw new NotImplementedException($"{Tiles} {area}");
}
