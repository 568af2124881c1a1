using Flair.Source;

namespace Flair.Stitching;

/// <summary>Where a canvas keeps the grid's rows: row r in r mod height, so that the band moves south without copying.</summary>
internal static class CanvasRows
{
    /// <summary>Rows of a canvas: a window's, and one more, as one without margins may be drawn a row beyond its own (<see cref="Windowing.Drawing"/>).</summary>
    public static int HeightOf(int windowSize) => windowSize + 1;

    /// <summary>The canvas's row.</summary>
    public static int Slot(int row, int height) => GridMath.FloorRemainder(row, height);

    /// <summary>How many of <paramref name="count"/> rows from <paramref name="row"/> on lie one below the other.</summary>
    public static int Contiguous(int row, int count, int height) => Math.Min(count, height - Slot(row, height));

    /// <summary>Rows in runs that do, of <paramref name="most"/> at most.</summary>
    public static IEnumerable<(int Row, int Count)> Runs(int row, int count, int height, int most = int.MaxValue)
    {
        for (int run; count > 0; row += run, count -= run)
        {
            run = Contiguous(row, Math.Min(count, most), height);
            yield return (row, run);
        }
    }
}
