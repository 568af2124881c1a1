using System.Diagnostics;

namespace Flair.Running;

/// <summary>
/// What one block of the graph has done. Written by the block alone or by several of its workers, read by the progress display at any
/// time; every field is updated atomically, so a snapshot may be torn between fields but never within one.
/// </summary>
/// <param name="name">The block's name, as the user sees it.</param>
/// <param name="unit">What it counts, e.g. <c>strips</c>, <c>windows</c>, <c>tiles</c>.</param>
public sealed class BlockCounters(string name, string unit)
{
    private readonly Lock _gate = new();
    private readonly List<Stay> _stays = [];
    private long _items, _bytes, _busyTicks, _waitingTicks;

    /// <summary>The block's name.</summary>
    public string Name { get; } = name;

    /// <summary>What it counts.</summary>
    public string Unit { get; } = unit;

    /// <summary>Says how many messages wait for the block; null where nobody knows.</summary>
    public Func<int>? Queue { get; set; }

    /// <summary>A number that changes while the block is at work on one item; null where there is none.</summary>
    public Func<long>? Pulse { get; set; }

    /// <summary>A number that stays the same only as long as the block gets nothing done.</summary>
    internal long Progress => Interlocked.Read(ref _items) + Interlocked.Read(ref _bytes) + (Pulse?.Invoke() ?? 0);

    /// <summary>Workers inside now.</summary>
    internal int Workers
    {
        get
        {
            lock (_gate)
                return _stays.Count;
        }
    }

    /// <summary>Marks a worker as busy until <see cref="Busy.Dispose"/>.</summary>
    /// <param name="work">Says in a few words what it has in hand: unit, tile, file, window; asked only when it takes too long, by another thread.</param>
    public Busy Enter(Func<string>? work = null)
    {
        var stay = new Stay(Stopwatch.GetTimestamp(), work);
        lock (_gate)
            _stays.Add(stay);
        return new Busy(this, stay);
    }

    /// <summary>What the worker has in hand that has been inside for longest; null where nobody is inside.</summary>
    internal string? OldestWork()
    {
        Stay? oldest;
        lock (_gate)
            oldest = _stays.Count > 0 ? _stays[0] : null;
        return oldest is null ? null : oldest.Work?.Invoke() ?? "";
    }

    /// <summary>Counts finished items and the bytes that went through.</summary>
    public void Add(long items, long bytes)
    {
        Interlocked.Add(ref _items, items);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Counts time in which the block had work in hand but the next block had no room for it.</summary>
    public void Waited(long startTimestamp) =>
        Interlocked.Add(ref _waitingTicks, Stopwatch.GetTimestamp() - startTimestamp);

    /// <summary>The counts now.</summary>
    public BlockSnapshot Snapshot() => new(
        Name,
        Unit,
        Interlocked.Read(ref _items),
        Interlocked.Read(ref _bytes),
        Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _busyTicks)),
        Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _waitingTicks)),
        Workers)
    {
        Queued = Queue?.Invoke() ?? 0,
    };

    /// <summary>A worker's stay inside the block.</summary>
    public readonly struct Busy : IDisposable
    {
        private readonly BlockCounters _counters;
        private readonly Stay _stay;

        internal Busy(BlockCounters counters, Stay stay) => (_counters, _stay) = (counters, stay);

        /// <summary>Ends the stay and adds its time.</summary>
        public void Dispose() => Leave(Stopwatch.GetTimestamp() - _stay.Start);

        /// <summary>Ends the stay and adds another time: that in which a worker that has several items in hand was at this one. Not to be disposed of then.</summary>
        public void Leave(long ticks)
        {
            Interlocked.Add(ref _counters._busyTicks, ticks);
            lock (_counters._gate)
                _counters._stays.Remove(_stay);
        }
    }

    internal sealed class Stay(long start, Func<string>? work)
    {
        public long Start => start;

        public Func<string>? Work => work;
    }
}

/// <summary>What one block of the graph had done at some moment.</summary>
/// <param name="Name">The block's name, in the data's order: read, window, batch, inference, stitch, tile, seal, index.</param>
/// <param name="Unit">What <paramref name="Items"/> counts.</param>
/// <param name="Items">Finished items.</param>
/// <param name="Bytes">Bytes that went through (decoded, cut, computed or written, as fits the block).</param>
/// <param name="Busy">Time its workers spent working, summed over workers.</param>
/// <param name="Waiting">Time it had a result in hand and the next block had no room: back-pressure.</param>
/// <param name="Workers">Workers inside at that moment.</param>
public sealed record BlockSnapshot(string Name, string Unit, long Items, long Bytes, TimeSpan Busy, TimeSpan Waiting, int Workers)
{
    /// <summary>Messages that waited for it at that moment.</summary>
    public int Queued { get; init; }
}
