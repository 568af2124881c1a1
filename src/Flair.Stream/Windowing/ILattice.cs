using Flair.Source;

namespace Flair.Windowing;

/// <summary>Lays windows over the ground.</summary>
public interface ILattice
{
    /// <summary>Width and height of a window in pixels.</summary>
    int Size { get; }

    /// <summary>
    /// The windows that decide at least one pixel of one of <paramref name="areas"/>, in rows from north to south and from west to east
    /// within a row. All windows of a row span the same grid rows.
    /// </summary>
    IEnumerable<IReadOnlyList<Placement>> Rows(IReadOnlyList<GridRect> areas);

    /// <summary>How many windows <see cref="Rows"/> would lay.</summary>
    long Count(IReadOnlyList<GridRect> areas) => Rows(areas).Sum(row => (long)row.Count);

    /// <summary>A rectangle that holds all windows that <see cref="Rows"/> would lay, the smallest for one area.</summary>
    GridRect Reach(IReadOnlyList<GridRect> areas) => Rows(areas).SelectMany(row => row).Aggregate(default(GridRect), (union, placement) => union.Union(placement.Window));
}
