namespace Flair.Source;

/// <summary>
/// Cuts an area into strips of full width. They are low, as those that a row of windows spans wait in memory, and lie on the borders of compressed blocks
/// where that is sensible: what is left of a block waits decoded.
/// </summary>
internal static class StripPlan
{
    private const int LeastRows = 128;
    private const int UsualRows = 256;
    private const int MostRows = 512;

    /// <summary>Rows of blocks that are worth meeting.</summary>
    private const int MostBlockRows = 1024;

    /// <summary>The strips, north to south; they cover the area exactly.</summary>
    /// <param name="area">What to cut.</param>
    /// <param name="files">What is in it, with the rows of a compressed block; none: blocks are 1 row high.</param>
    public static IReadOnlyList<GridRect> Cut(GridRect area, IReadOnlyList<(GridRect Rect, int BlockHeight)> files)
    {
        if (area.IsEmpty)
            return [];
        var column = Column(area, files);
        List<int> borders = [area.Y];
        for (int i = 0; i < column.Count; i++)
        {
            var (rect, blockHeight) = column[i];
            int bottom = i + 1 < column.Count ? column[i + 1].Rect.Y : area.Bottom;
            borders.AddRange(Borders(borders[^1], bottom, rect.Y, blockHeight));
            borders.Add(bottom);
        }

        // A sliver joins its neighbour.
        for (int i = borders.Count - 2; i > 0; i--)
        {
            int above = borders[i] - borders[i - 1], below = borders[i + 1] - borders[i];
            if (Math.Min(above, below) < LeastRows && above + below <= MostRows)
                borders.RemoveAt(i);
        }

        return [.. borders.Zip(borders.Skip(1), (top, bottom) => new GridRect(area.X, top, area.Width, bottom - top))];
    }

    /// <summary>Files one above the other, of which one has most of the area.</summary>
    private static List<(GridRect Rect, int BlockHeight)> Column(GridRect area, IReadOnlyList<(GridRect Rect, int BlockHeight)> files)
    {
        if (files.Count == 0)
            return [(area, 1)];
        List<(GridRect Rect, int BlockHeight)> column = [files.MaxBy(file => file.Rect.Intersect(area).Area)];
        foreach (var file in files.OrderBy(file => file.Rect.Y))
        {
            if (file.Rect.Y >= column[^1].Rect.Bottom && file.Rect.Y < area.Bottom)
                column.Add(file);
        }

        foreach (var file in files.OrderByDescending(file => file.Rect.Bottom))
        {
            if (file.Rect.Bottom <= column[0].Rect.Y && file.Rect.Bottom > area.Y)
                column.Insert(0, file);
        }

        return column;
    }

    /// <summary>The borders between two rows, both excluded.</summary>
    private static IEnumerable<int> Borders(int top, int bottom, int blockTop, int blockHeight)
    {
        int step = blockHeight switch
        {
            <= UsualRows => UsualRows / blockHeight * blockHeight,
            > MostBlockRows => UsualRows,
            _ => blockHeight,
        };
        int parts = (step + (UsualRows / 2)) / UsualRows;
        for (int block = blockTop + (GridMath.FloorDivide(top - blockTop, step) * step); block < bottom; block += step)
        {
            for (int part = 0; part < parts; part++)
            {
                int y = block + (step * part / parts);
                if (y > top && y < bottom)
                    yield return y;
            }
        }
    }
}
