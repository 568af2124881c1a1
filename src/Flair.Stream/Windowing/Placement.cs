using Flair.Indexing;
using Flair.Source;

namespace Flair.Windowing;

/// <summary>Where one window lies.</summary>
/// <param name="Id">Its name in the slice index.</param>
/// <param name="Window">The pixels it reads, on the mosaic's grid; it may reach beyond the mosaic.</param>
/// <param name="Core">The pixels it answers for: the window without its margins, and without what another window answers for.
/// The cores of a lattice share no pixel.</param>
public sealed record Placement(string Id, GridRect Window, GridRect Core)
{
    /// <summary>Which pixels of the window become those of the core, where they are not the same ones; empty where they are.</summary>
    public IReadOnlyList<Drawing> Drawings { get; init; } = [];

    /// <summary>The ground extents that FLAIR-1 gives this window in its dataframe, where its slicing is used: margins off, and all of it.</summary>
    public (GeoBox Core, GeoBox Window)? FlairBoxes { get; init; }
}

/// <summary>Pixels of a result and those of a window that they come from.</summary>
/// <param name="Target">The pixels of the result.</param>
/// <param name="ShiftX">Column of the window's pixel minus column of the result's, on the grid.</param>
/// <param name="ShiftY">Row of the window's pixel minus row of the result's, on the grid.</param>
public sealed record Drawing(GridRect Target, int ShiftX, int ShiftY);
