namespace Flair.Source;

/// <summary>Cuts an area into strips of full width whose borders lie on the borders of compressed blocks where that is sensible.</summary>
internal static class StripPlan
{
    private const int LeastRows = 256;
    private const int UsualRows = 512;
    private const int MostRows = 1024;

    /// <summary>The strips, north to south; they cover the area exactly.</summary>
    /// <param name="area">What to cut.</param>
    /// <param name="blockHeight">Rows of a compressed block.</param>
    /// <param name="blockTop">A row that a block begins at.</param>
    public static IReadOnlyList<GridRect> Cut(GridRect area, int blockHeight, int blockTop)
    {
        if (area.IsEmpty)
            return [];
        int step = Step(blockHeight);
        List<int> borders = [area.Y];
        int first = blockTop + (FloorDivide(area.Y - blockTop, step) * step);
        for (int y = first + step; y < area.Bottom; y += step)
            borders.Add(y);
        borders.Add(area.Bottom);

        // A sliver at either end joins its neighbour.
        if (borders.Count > 2 && borders[1] - borders[0] < LeastRows && borders[2] - borders[0] <= MostRows)
            borders.RemoveAt(1);
        if (borders.Count > 2 && borders[^1] - borders[^2] < LeastRows && borders[^1] - borders[^3] <= MostRows)
            borders.RemoveAt(borders.Count - 2);
        return [.. borders.Zip(borders.Skip(1), (top, bottom) => new GridRect(area.X, top, area.Width, bottom - top))];
    }

    private static int Step(int blockHeight) => blockHeight switch
    {
        <= LeastRows => UsualRows / blockHeight * blockHeight,
        > MostRows => UsualRows,

        // Half a block of 1024 rows: its other half waits decoded, which takes less memory than strips twice as high.
        _ when blockHeight % UsualRows == 0 => UsualRows,
        _ => blockHeight,
    };

    private static int FloorDivide(int value, int by) => (value >= 0 ? value : value - by + 1) / by;
}
