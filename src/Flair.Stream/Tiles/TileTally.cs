using Flair.Source;
using Flair.Stitching;
using Flair.Windowing;

namespace Flair.Tiles;

/// <summary>A tile's pixels counted as they are finished: over the whole tile, and over the core of each of its windows.</summary>
/// <param name="tile">The tile's pixels.</param>
/// <param name="classes">Classes of the model.</param>
public sealed class TileTally(GridRect tile, int classes)
{
    private readonly Dictionary<Placement, PixelTally> _windows = new(ReferenceEqualityComparer.Instance);

    /// <summary>The whole tile.</summary>
    public PixelTally Total { get; } = new(classes);

    /// <summary>The part of a window's core that lies in the tile; null when none does.</summary>
    public PixelTally? Of(Placement placement) => _windows.GetValueOrDefault(placement);

    /// <summary>Counts the part of finished rows that lies in the tile.</summary>
    public void Add(MapRows rows)
    {
        var bounds = rows.Unit.Unit.Bounds;
        var part = new GridRect(bounds.X, rows.Y, bounds.Width, rows.Count).Intersect(tile);
        Count(Total, rows, part);
        foreach (var row in rows.Unit.Rows)
        {
            if (row[0].Window.Bottom <= part.Y || row[0].Window.Y >= part.Bottom)
                continue;
            foreach (var placement in row)
            {
                var core = placement.Core.Intersect(part);
                if (core.IsEmpty)
                    continue;
                if (!_windows.TryGetValue(placement, out var tally))
                    _windows.Add(placement, tally = new PixelTally(classes));
                Count(tally, rows, core);
            }
        }
    }

    private static void Count(PixelTally tally, MapRows rows, GridRect part)
    {
        var bounds = rows.Unit.Unit.Bounds;
        for (var y = part.Y; y < part.Bottom; y++)
        {
            var offset = ((y - rows.Y) * bounds.Width) + part.X - bounds.X;
            tally.Add(rows.Classes.Slice(offset, part.Width), rows.Confidence.Slice(offset, part.Width));
        }
    }
}
