using Flair.Running;

namespace Flair.Cli.Progress;

/// <summary>Rates over the last minute of a run, the time left by these, and the block that holds the others up.</summary>
internal sealed class RateMeter
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);

    private readonly Queue<RunSnapshot> _snapshots = new();
    private RunSnapshot? _last;

    /// <summary>Takes the next snapshot.</summary>
    public void Add(RunSnapshot snapshot)
    {
        _snapshots.Enqueue(snapshot);
        _last = snapshot;
        while (_snapshots.Count > 2 && snapshot.Elapsed - _snapshots.Peek().Elapsed > Span)
            _snapshots.Dequeue();
    }

    /// <summary>
    /// Time left at the recent rate of windows; null until 5 s with windows have been seen. Windows without data go fast, so
    /// this says what it takes when the rest has as many of them as the last minute had.
    /// </summary>
    public TimeSpan? Remaining()
    {
        if (_last is null || !_snapshots.TryPeek(out var first))
            return null;
        var (time, windows) = (_last.Elapsed - first.Elapsed, _last.WindowsDone - first.WindowsDone);
        var left = _last.WindowsTotal - _last.WindowsDone;
        return time < Shortest || windows <= 0 || left < 0 ? null : TimeSpan.FromSeconds(left * time.TotalSeconds / windows);
    }

    /// <summary>Windows a second over the last minute; 0 until known.</summary>
    public double WindowRate() =>
        _last is not null && _snapshots.TryPeek(out var first) && _last.Elapsed > first.Elapsed ? (_last.WindowsDone - first.WindowsDone) / (_last.Elapsed - first.Elapsed).TotalSeconds : 0;

    /// <summary>The blocks over the last minute.</summary>
    public IReadOnlyList<BlockRate> Blocks() => _last is null ? [] : Blocks(_snapshots.Peek(), _last);

    /// <summary>The blocks over a whole run.</summary>
    public static IReadOnlyList<BlockRate> WholeRun(RunSnapshot final) => Blocks(null, final);

    /// <summary>
    /// The block that sets the pace: the busiest one after the last block that had to wait with finished work, for a tenth of the time and
    /// a fifth of its own. When that one idles most of the time, as where tiles come to an end many at once, the busiest of all. Null before anything was done.
    /// </summary>
    public static BlockRate? Bottleneck(IReadOnlyList<BlockRate> blocks)
    {
        var first = blocks.Count - 1;
        while (first > 0 && !Waits(blocks[first - 1]))
            first--;
        return Busiest(blocks.Skip(first)) is { Busy: > 0.5 } last ? last : Busiest(blocks);

        static BlockRate? Busiest(IEnumerable<BlockRate> among) => among.Where(block => block.Busy > 0).MaxBy(block => block.Busy);

        static bool Waits(BlockRate block) => block.Waiting > 0.1 && block.Waiting > 0.2 * (block.Waiting + block.Busy);
    }

    private static BlockRate[] Blocks(RunSnapshot? first, RunSnapshot last)
    {
        var seconds = (last.Elapsed - (first?.Elapsed ?? TimeSpan.Zero)).TotalSeconds;
        if (seconds <= 0)
            (first, seconds) = (null, Math.Max(last.Elapsed.TotalSeconds, 1e-3));
        return [.. last.Blocks.Select((block, i) =>
        {
            var before = first is not null && i < first.Blocks.Count ? first.Blocks[i] : null;
            return new BlockRate(
                block,
                (block.Items - (before?.Items ?? 0)) / seconds,
                (block.Bytes - (before?.Bytes ?? 0)) / seconds,
                (block.Busy - (before?.Busy ?? TimeSpan.Zero)).TotalSeconds / seconds,
                (block.Waiting - (before?.Waiting ?? TimeSpan.Zero)).TotalSeconds / seconds);
        })];
    }
}

/// <summary>What a block did over some time.</summary>
/// <param name="Block">Its counts at the end of it.</param>
/// <param name="Items">Items a second.</param>
/// <param name="Bytes">Bytes a second.</param>
/// <param name="Busy">Workers busy on average; 1 is one worker all the time.</param>
/// <param name="Waiting">Workers that waited, with their work done, for the next block, on average.</param>
internal sealed record BlockRate(BlockSnapshot Block, double Items, double Bytes, double Busy, double Waiting);
