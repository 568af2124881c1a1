using Flair.Source;

namespace Flair.Indexing;

/// <summary>One row of <c>slices</c>: a window, with the columns of FLAIR-1's slicing dataframe and what happened to it.</summary>
public sealed record SliceRow
{
    /// <summary>The window's name; FLAIR-1's <c>id</c> when its slicing is used, else lattice row and column, <c>r12-c7</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The tile it was computed for; FLAIR-1's <c>output_id</c>.</summary>
    public required string Tile { get; init; }

    /// <summary>The pixels it read, on the mosaic's grid.</summary>
    public required GridRect Window { get; init; }

    /// <summary>Ground extent of the pixels it read: left, bottom, right, top (the geometry).</summary>
    public required GeoBox WindowBox { get; init; }

    /// <summary>Ground extent of the pixels it answers for, its margins taken off: FLAIR-1's <c>left</c>, <c>bottom</c>, <c>right</c>, <c>top</c>.</summary>
    public required GeoBox Core { get; init; }

    /// <summary>Ground extent of the tile's raster: FLAIR-1's <c>left_o</c>, <c>bottom_o</c>, <c>right_o</c>, <c>top_o</c>.</summary>
    public required GeoBox TileBox { get; init; }

    /// <summary>True when the network ran; false when the window had no data.</summary>
    public required bool Computed { get; init; }

    /// <summary>Number of the batch among those of the tiles that were mapped with it, so another in a run that was resumed; -1 when not computed.</summary>
    public required int Batch { get; init; }

    /// <summary>Its share of the batch's time in the network, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Share of its pixels without data, 0 to 1.</summary>
    public required double NodataShare { get; init; }

    /// <summary>Pixels a class in its core inside the tile, by class index; empty when not computed.</summary>
    public required IReadOnlyList<long> Histogram { get; init; }

    /// <summary>Mean probability of the winning class in its core inside the tile, 0 to 1; NaN when not computed.</summary>
    public required double MeanConfidence { get; init; }
}

/// <summary>An extent on the ground, in the units of the CRS.</summary>
public readonly record struct GeoBox(double Left, double Bottom, double Right, double Top);
