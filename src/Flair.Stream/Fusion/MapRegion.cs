namespace Flair.Fusion;

/// <summary>A rectangle of a map, in its pixels.</summary>
/// <param name="Row">The first row.</param>
/// <param name="Column">The first column.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Columns">Its columns.</param>
internal readonly record struct MapRegion(int Row, int Column, int Rows, int Columns)
{
    /// <summary>The row after the last.</summary>
    public int Bottom => Row + Rows;

    /// <summary>The column after the last.</summary>
    public int Right => Column + Columns;

    /// <summary>How many pixels.</summary>
    public long Area => (long)Rows * Columns;

    /// <summary>All of a square map.</summary>
    public static MapRegion Whole(int size) => new(0, 0, size, size);

    /// <summary>The rectangle between two corners.</summary>
    public static MapRegion Between(int row, int column, int bottom, int right) => new(row, column, bottom - row, right - column);
}
