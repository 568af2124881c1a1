using System.Diagnostics;
using Flair.Running;
using Flair.Source;

namespace Flair.Telemetry;

/// <summary>The spans of one unit on its way through the graph. Safe to use from several blocks at once.</summary>
internal sealed class UnitTrace : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Activity _unit;
    private readonly Action<UnitTrace> _ended;
    private readonly Dictionary<SourceTile, Activity> _tiles = new(ReferenceEqualityComparer.Instance);
    private Activity? _inference;
    private long _windows;
    private double _seconds;
    private int _left;

    private UnitTrace(Activity unit, int tiles, Action<UnitTrace> ended) => (_unit, _left, _ended) = (unit, tiles, ended);

    /// <summary>Begins a unit's span; null when nobody listens.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="run">The run's span.</param>
    /// <param name="ended">Told when the last tile is done.</param>
    public static UnitTrace? Start(WorkUnit unit, ActivityContext run, Action<UnitTrace> ended)
    {
        if (FlairTrace.StartAside("unit", run) is not { } activity)
            return null;
        activity.SetTag("flair.unit.name", unit.Name).SetTag("flair.unit.tiles", unit.Tiles.Count).SetTag("flair.unit.pixels", unit.Tiles.Sum(tile => tile.Rect.Area));
        return new(activity, unit.Tiles.Count, ended);
    }

    /// <summary>Begins the span of a strip and makes it the current one.</summary>
    public Activity? Read(GridRect strip) => FlairTrace.Start("read", _unit.Context)?.SetTag("flair.strip.row", strip.Y).SetTag("flair.strip.rows", strip.Height);

    /// <summary>Counts a batch that was through the network just now.</summary>
    /// <param name="windows">Its windows.</param>
    /// <param name="seconds">Its time in the network.</param>
    public void Batch(int windows, double seconds)
    {
        lock (_gate)
        {
            _inference ??= FlairTrace.StartAside("inference", _unit.Context, DateTimeOffset.UtcNow.AddSeconds(-seconds));
            _windows += windows;
            _seconds += seconds;
            _inference?.SetTag("flair.windows", _windows).SetTag("flair.inference.busy", _seconds).SetEndTime(DateTime.UtcNow);
        }
    }

    /// <summary>Begins a step of a tile, and the tile's own span with its first step; makes the step the current one.</summary>
    public Activity? Step(string name, SourceTile tile)
    {
        Activity? activity;
        lock (_gate)
        {
            if (!_tiles.TryGetValue(tile, out activity) && FlairTrace.StartAside("tile", _unit.Context) is { } started)
                _tiles[tile] = activity = started.SetTag("flair.tile.name", tile.Name).SetTag("flair.tile.pixels", tile.Rect.Area);
        }

        return activity is null ? null : FlairTrace.Start(name, activity.Context);
    }

    /// <summary>Ends a tile's span, and the unit's with its last tile.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="error">Why it failed; null when it is done.</param>
    public void Committed(SourceTile tile, string? error)
    {
        lock (_gate)
        {
            if (_tiles.Remove(tile, out var activity))
            {
                activity.SetTag(FlairMeter.Outcome, error is null ? "done" : "failed");
                if (error is not null)
                    activity.Fail(error);
                activity.Dispose();
            }

            if (--_left > 0)
                return;
        }

        End(null);
    }

    /// <summary>Ends what is still open of a unit that did not come to its end.</summary>
    public void Dispose() => End("the run ended before the unit was done");

    private void End(string? error)
    {
        lock (_gate)
        {
            // The end of the inference was set with its last batch.
            _inference?.Dispose();
            foreach (var activity in _tiles.Values.Append(_unit))
            {
                if (error is not null)
                    activity.Fail(error);
                activity.Dispose();
            }

            _tiles.Clear();
        }

        _ended(this);
    }
}
