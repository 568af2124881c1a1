using Flair.Telemetry;

namespace Flair.Running;

/// <summary>A block of the graph that gets nothing done.</summary>
/// <param name="Block">Its name; see <see cref="BlockSnapshot.Name"/>.</param>
/// <param name="Work">What it has in hand: unit, tile, file, window; empty when it has nothing in hand.</param>
/// <param name="Since">When it was last seen to get something done.</param>
/// <param name="For">For how long it has got nothing done.</param>
/// <param name="Ends">True when the run ends because of it.</param>
public sealed record RunStall(string Block, string Work, DateTimeOffset Since, TimeSpan For, bool Ends)
{
    /// <summary>All of it in one line.</summary>
    public override string ToString() =>
        $"block '{Block}' has made no progress for {For.TotalMinutes:0.#} min, since {Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z"
        + (Work.Length > 0 ? $", at work on {Work}" : ", with nothing in hand")
        + (Ends ? "; the run ends here: finished tiles are safe, run the same command again to go on" : "");
}

/// <summary>
/// Finds the block that holds up the graph for good. A block counts as stuck that is at work and whose counters have not changed for a period, and
/// so does the graph as a whole when nothing changes anywhere. It warns once; after a second period it asks for the run's end.
/// Only time in which the process ran counts: one that was stopped or put to sleep is not stuck.
/// </summary>
internal sealed class Watchdog
{
    private const int LooksAPeriod = 20;
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromSeconds(15);

    private readonly Watched[] _blocks;
    private readonly Watched _graph = new(null);
    private readonly TimeSpan _period;
    private readonly TimeProvider _time;
    private readonly Action<RunStall> _warn;
    private long _last;
    private string? _warned;

    /// <summary>Begins to watch.</summary>
    /// <param name="blocks">The blocks, in the data's order; at least one.</param>
    /// <param name="period">For how long a block may get nothing done, more than 0.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Told once a stall, after the first period.</param>
    public Watchdog(IReadOnlyList<BlockCounters> blocks, TimeSpan period, TimeProvider time, Action<RunStall> warn)
    {
        _blocks = [.. blocks.Select(block => new Watched(block))];
        _period = period;
        _time = time;
        _warn = warn;
        _last = time.GetTimestamp();
        Interval = period / LooksAPeriod < s_longestInterval ? period / LooksAPeriod : s_longestInterval;
        foreach (var watched in _blocks.Append(_graph))
            watched.Moved(time.GetUtcNow());
    }

    /// <summary>Time between two looks.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Looks from time to time.</summary>
    /// <param name="end">Ends it.</param>
    /// <returns>What the run must end for; null when <paramref name="end"/> came first.</returns>
    public async Task<RunStall?> RunAsync(CancellationToken end)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(end).ConfigureAwait(false))
            {
                if (Look() is { } stall)
                    return stall;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }

        return null;
    }

    /// <summary>Looks once.</summary>
    /// <returns>What the run must end for, if it must.</returns>
    public RunStall? Look()
    {
        var (timestamp, now) = (_time.GetTimestamp(), _time.GetUtcNow());
        var gap = _time.GetElapsedTime(_last, timestamp);
        _last = timestamp;
        if (gap > 2 * Interval)
            gap = 2 * Interval;

        var moved = false;
        foreach (var watched in _blocks)
        {
            var progress = watched.Block!.Progress;
            var changed = progress != watched.Progress;
            moved |= changed;
            if (changed || watched.Block.Workers == 0)
                watched.Moved(now);
            else
                watched.Quiet += gap;
            watched.Progress = progress;
        }

        if (moved)
            _graph.Moved(now);
        else
            _graph.Quiet += gap;
        if (Stuck() is not { } stuck)
        {
            _warned = null;
            return null;
        }

        var stall = Describe(stuck);
        if (stall.Ends)
            return Told(stall);
        if (_warned != stall.Block)
        {
            _warned = stall.Block;
            _warn(Told(stall));
        }

        return null;
    }

    private static RunStall Told(RunStall stall)
    {
        FlairMeter.Stalls.Add(1, new KeyValuePair<string, object?>(FlairMeter.BlockName, stall.Block));
        FlairTrace.Stall(stall);
        return stall;
    }

    private Watched? Stuck()
    {
        var longest = _blocks.MaxBy(block => block.Quiet)!;
        return longest.Quiet >= _period ? longest : _graph.Quiet >= _period ? _graph : null;
    }

    private RunStall Describe(Watched stuck)
    {
        // Where nobody was at work for so long, the last block that has something to do is the one that does not do it.
        var block = stuck.Block ?? _blocks.LastOrDefault(watched => watched.Block!.Workers > 0 || watched.Block.Queue?.Invoke() > 0)?.Block ?? _blocks[0].Block!;
        return new(block.Name, block.OldestWork() ?? "", stuck.Since, stuck.Quiet, stuck.Quiet >= 2 * _period);
    }

    private sealed class Watched(BlockCounters? block)
    {
        public BlockCounters? Block => block;

        public long Progress { get; set; } = block?.Progress ?? 0;

        public TimeSpan Quiet { get; set; }

        public DateTimeOffset Since { get; private set; }

        public void Moved(DateTimeOffset now) => (Quiet, Since) = (TimeSpan.Zero, now);
    }
}
