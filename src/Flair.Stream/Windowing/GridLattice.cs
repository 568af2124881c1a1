using Flair.Settings;
using Flair.Source;

namespace Flair.Windowing;

/// <summary>
/// The lattice of a whole country: windows of <c>size</c> pixels every <c>size − 2 × margin</c>, counted from the grid's anchor and not
/// from a tile's corner. So a pixel lies in the same windows whatever tiles are mapped, together or one by one.
/// </summary>
/// <param name="window">Size and margin.</param>
/// <param name="stitch">With <see cref="StitchMode.Blend"/> a window decides all its pixels, with <see cref="StitchMode.Crop"/> its core only.</param>
public sealed class GridLattice(WindowSettings window, StitchMode stitch) : ILattice
{
    private readonly int _stride = window.Stride;
    private readonly int _margin = window.Margin;

    /// <inheritdoc/>
    public int Size { get; } = window.Size;

    /// <inheritdoc/>
    public IEnumerable<IReadOnlyList<Placement>> Rows(IReadOnlyList<GridRect> areas)
    {
        var reach = stitch == StitchMode.Blend ? _margin : 0;
        var bounds = areas.Aggregate(default(GridRect), (union, area) => union.Union(area)).Inflate(reach);
        if (bounds.IsEmpty)
            yield break;

        for (var row = GridMath.FloorDivide(bounds.Y, _stride); row * _stride < bounds.Bottom; row++)
        {
            var placements = new List<Placement>();
            for (var column = GridMath.FloorDivide(bounds.X, _stride); column * _stride < bounds.Right; column++)
            {
                var core = new GridRect(column * _stride, row * _stride, _stride, _stride);
                var decided = core.Inflate(reach);
                if (areas.Any(decided.Overlaps))
                    placements.Add(new Placement($"r{row}-c{column}", core.Inflate(_margin), core));
            }

            if (placements.Count > 0)
                yield return placements;
        }
    }

    /// <inheritdoc/>
    public long Count(IReadOnlyList<GridRect> areas)
    {
        if (!AreColumn(areas))
            return Rows(areas).Sum(row => (long)row.Count);
        // A plan of a whole country counts windows by the hundred million: those of tiles one above the other are a rectangle.
        var bounds = areas.Aggregate(default(GridRect), (union, area) => union.Union(area)).Inflate(stitch == StitchMode.Blend ? _margin : 0);
        long columns = GridMath.FloorDivide(bounds.Right - 1, _stride) - GridMath.FloorDivide(bounds.X, _stride) + 1;
        long rows = GridMath.FloorDivide(bounds.Bottom - 1, _stride) - GridMath.FloorDivide(bounds.Y, _stride) + 1;
        return columns * rows;
    }

    /// <inheritdoc/>
    public GridRect Reach(IReadOnlyList<GridRect> areas)
    {
        var bounds = areas.Aggregate(default(GridRect), (union, area) => union.Union(area)).Inflate(stitch == StitchMode.Blend ? _margin : 0);
        var (left, top) = (GridMath.FloorDivide(bounds.X, _stride) * _stride, GridMath.FloorDivide(bounds.Y, _stride) * _stride);
        var (right, bottom) = ((GridMath.FloorDivide(bounds.Right - 1, _stride) + 1) * _stride, (GridMath.FloorDivide(bounds.Bottom - 1, _stride) + 1) * _stride);
        return new GridRect(left, top, right - left, bottom - top).Inflate(_margin);
    }

    private static bool AreColumn(IReadOnlyList<GridRect> areas)
    {
        for (var i = 0; i < areas.Count; i++)
        {
            if (areas[i].X != areas[0].X || areas[i].Width != areas[0].Width || (i > 0 && (areas[i].Y < areas[i - 1].Y || areas[i].Y > areas[i - 1].Bottom)))
                return false;
        }

        return areas.Count > 0;
    }
}
