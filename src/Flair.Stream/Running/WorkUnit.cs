using Flair.Source;
using Flair.Windowing;

namespace Flair.Running;

/// <summary>
/// Tiles that are mapped together, so that a window on the border between two of them is computed once. What is computed does not depend on
/// how tiles are grouped; only how often a window is.
/// </summary>
/// <param name="Tiles">The tiles still to do, from north to south and from west to east.</param>
public sealed record WorkUnit(IReadOnlyList<SourceTile> Tiles)
{
    /// <summary>
    /// Pixels a side of the squares that tiles are grouped by. It bounds the stitching canvas, whose width is at most one square and one tile.
    /// </summary>
    public const int GroupSize = 2048;

    /// <summary>The smallest rectangle that holds the tiles.</summary>
    public GridRect Bounds { get; } = Tiles.Aggregate(default(GridRect), (union, tile) => union.Union(tile.Rect));

    /// <summary>Prepares to keep the blocks that units share.</summary>
    /// <param name="units">All units of the run, in order.</param>
    /// <param name="lattice">Where windows lie.</param>
    /// <param name="folder">Where temporary files go.</param>
    public static KeptBlocks Share(IEnumerable<WorkUnit> units, ILattice lattice, string folder)
    {
        ArgumentNullException.ThrowIfNull(lattice);
        return new KeptBlocks([.. units.Select(unit => unit.Bounds.Union(lattice.Reach([.. unit.Tiles.Select(tile => tile.Rect)])))], folder);
    }

    /// <summary>
    /// Groups tiles by the square, counted from the grid's anchor, in which their centre lies, and orders the groups from north to south and
    /// from west to east.
    /// </summary>
    public static IReadOnlyList<WorkUnit> Group(IEnumerable<SourceTile> tiles) =>
    [
        .. tiles
            .GroupBy(tile => (Row: Square(tile.Rect.Y, tile.Rect.Height), Column: Square(tile.Rect.X, tile.Rect.Width)))
            .OrderBy(group => group.Key.Row).ThenBy(group => group.Key.Column)
            .Select(group => new WorkUnit([.. group])),
    ];

    /// <summary>Its tiles in a few words: <c>tile-0-0 … tile-1-1 (4 tiles)</c>.</summary>
    public string Name => Tiles.Count == 1 ? Tiles[0].Name : $"{Tiles[0].Name} … {Tiles[^1].Name} ({Tiles.Count} tiles)";

    private static int Square(int start, int length) => (int)Math.Floor((start + (length / 2.0)) / GroupSize);
}
