namespace Flair.Source;

/// <summary>What rectangles leave over of another.</summary>
internal static class Coverage
{
    /// <summary>The part of <paramref name="area"/> that none of <paramref name="covers"/> has, as rectangles that do not overlap.</summary>
    public static List<GridRect> Uncovered(GridRect area, IEnumerable<GridRect> covers)
    {
        List<GridRect> left = area.IsEmpty ? [] : [area];
        foreach (var cover in covers)
        {
            if (left.Count == 0)
                break;
            List<GridRect> next = [];
            foreach (var rect in left)
                Subtract(rect, cover, next);
            left = next;
        }

        return left;
    }

    /// <summary>The share of <paramref name="area"/> that <paramref name="covers"/> have, 0 to 1.</summary>
    public static double Share(GridRect area, IEnumerable<GridRect> covers) =>
        area.IsEmpty ? 1 : 1 - ((double)Uncovered(area, covers).Sum(rect => rect.Area) / area.Area);

    private static void Subtract(GridRect rect, GridRect cover, List<GridRect> into)
    {
        var hit = rect.Intersect(cover);
        if (hit.IsEmpty)
        {
            into.Add(rect);
            return;
        }

        Add(new GridRect(rect.X, rect.Y, rect.Width, hit.Y - rect.Y));
        Add(new GridRect(rect.X, hit.Y, hit.X - rect.X, hit.Height));
        Add(new GridRect(hit.Right, hit.Y, rect.Right - hit.Right, hit.Height));
        Add(new GridRect(rect.X, hit.Bottom, rect.Width, rect.Bottom - hit.Bottom));

        void Add(GridRect part)
        {
            if (!part.IsEmpty)
                into.Add(part);
        }
    }
}
