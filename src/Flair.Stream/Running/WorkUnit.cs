using Flair.Source;
using Flair.Windowing;

namespace Flair.Running;

/// <summary>
/// Tiles that are mapped together, so that a window on the border between two of them is computed once. What is computed does not depend on
/// how tiles are grouped; only how often a window is. A unit is a column: it costs memory by its width and not by its height, as its rows stream through.
/// </summary>
/// <param name="Tiles">The tiles still to do, the upper squares' first.</param>
public sealed record WorkUnit(IReadOnlyList<SourceTile> Tiles)
{
    /// <summary>
    /// Pixels a side of the squares that tiles are grouped by. It bounds the stitching canvas, whose width is at most one square and one tile.
    /// </summary>
    public const int GroupSize = 2048;

    /// <summary>
    /// Squares that a column has at most, one above the other. It bounds what is known of a unit's windows until its end, and what is kept on disk of the
    /// blocks that the next column reads.
    /// </summary>
    public const int MostSquares = 8;

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
    /// Groups tiles by the square, counted from the grid's anchor, in which their centre lies, and puts squares one above the other together where their
    /// tiles reach as far to both sides. The units come from north to south by bands of <see cref="MostSquares"/>, then from west to east.
    /// </summary>
    public static IReadOnlyList<WorkUnit> Group(IEnumerable<SourceTile> tiles)
    {
        var squares = tiles
            .GroupBy(tile => (Row: Square(tile.Rect.Y, tile.Rect.Height), Column: Square(tile.Rect.X, tile.Rect.Width)))
            .Select(group => (Band: GridMath.FloorDivide(group.Key.Row, MostSquares), group.Key.Column, group.Key.Row, Unit: new WorkUnit([.. group])))
            .OrderBy(square => square.Band).ThenBy(square => square.Column).ThenBy(square => square.Row);
        List<WorkUnit> units = [];
        (int Band, int Column)? last = null;
        foreach (var (band, column, _, unit) in squares)
        {
            if (last == (band, column) && units[^1].IsContinuedBy(unit))
                units[^1] = new WorkUnit([.. units[^1].Tiles, .. unit.Tiles]);
            else
                units.Add(unit);
            last = (band, column);
        }

        return units;
    }

    /// <summary>Its tiles in a few words: <c>tile-0-0 … tile-1-1 (4 tiles)</c>.</summary>
    public string Name => Tiles.Count == 1 ? Tiles[0].Name : $"{Tiles[0].Name} … {Tiles[^1].Name} ({Tiles.Count} tiles)";

    /// <summary>
    /// True when another lies below without a step at the sides: else rows would be read and stitched that no tile needs, as where a few tiles of a
    /// finished map are done again.
    /// </summary>
    private bool IsContinuedBy(WorkUnit below) =>
        below.Bounds.X == Bounds.X && below.Bounds.Width == Bounds.Width && below.Bounds.Y > Bounds.Y && below.Bounds.Y <= Bounds.Bottom && below.Bounds.Bottom > Bounds.Bottom;

    private static int Square(int start, int length) => (int)Math.Floor((start + (length / 2.0)) / GroupSize);
}
