namespace Flair.Source;

/// <summary>Finds the rectangles that touch an area, by buckets of the size of the largest one. Immutable, so safe to share.</summary>
internal sealed class RectIndex
{
    private readonly IReadOnlyList<GridRect> _rects;
    private readonly Dictionary<(int Column, int Row), List<int>> _buckets = [];
    private readonly int _width = 1;
    private readonly int _height = 1;

    public RectIndex(IReadOnlyList<GridRect> rects)
    {
        _rects = rects;
        foreach (var rect in rects)
        {
            _width = Math.Max(_width, rect.Width);
            _height = Math.Max(_height, rect.Height);
        }

        for (int i = 0; i < rects.Count; i++)
        {
            foreach (var key in Keys(rects[i]))
            {
                if (!_buckets.TryGetValue(key, out var bucket))
                    _buckets.Add(key, bucket = []);
                bucket.Add(i);
            }
        }
    }

    /// <summary>Indices of the rectangles with a pixel in <paramref name="area"/>, ascending.</summary>
    public List<int> In(GridRect area)
    {
        List<int> found = [];
        if (area.IsEmpty)
            return found;
        foreach (var key in Keys(area))
        {
            if (!_buckets.TryGetValue(key, out var bucket))
                continue;
            foreach (int i in bucket)
            {
                if (_rects[i].Overlaps(area))
                    found.Add(i);
            }
        }

        found.Sort();
        int kept = 0;
        for (int i = 0; i < found.Count; i++)
        {
            if (i == 0 || found[i] != found[i - 1])
                found[kept++] = found[i];
        }

        found.RemoveRange(kept, found.Count - kept);
        return found;
    }

    private IEnumerable<(int Column, int Row)> Keys(GridRect rect)
    {
        int right = Floor(rect.Right - 1, _width), bottom = Floor(rect.Bottom - 1, _height);
        for (int row = Floor(rect.Y, _height); row <= bottom; row++)
        {
            for (int column = Floor(rect.X, _width); column <= right; column++)
                yield return (column, row);
        }
    }

    private static int Floor(int value, int size) => (value >= 0 ? value : value - size + 1) / size;
}
