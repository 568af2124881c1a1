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
    private long _items, _bytes, _busyTicks, _waitingTicks;
    private int _inside;

    /// <summary>The block's name.</summary>
    public string Name { get; } = name;

    /// <summary>What it counts.</summary>
    public string Unit { get; } = unit;

    /// <summary>Marks a worker as busy until <see cref="Busy.Dispose"/>.</summary>
    public Busy Enter()
    {
        Interlocked.Increment(ref _inside);
        return new Busy(this, Stopwatch.GetTimestamp());
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
        Volatile.Read(ref _inside));

    /// <summary>A worker's stay inside the block.</summary>
    public readonly struct Busy(BlockCounters counters, long start) : IDisposable
    {
        /// <summary>Ends the stay and adds its time.</summary>
        public void Dispose() => Leave(Stopwatch.GetTimestamp() - start);

        /// <summary>Ends the stay and adds another time: that in which a worker that has several items in hand was at this one. Not to be disposed of then.</summary>
        public void Leave(long ticks)
        {
            Interlocked.Add(ref counters._busyTicks, ticks);
            Interlocked.Decrement(ref counters._inside);
        }
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
public sealed record BlockSnapshot(string Name, string Unit, long Items, long Bytes, TimeSpan Busy, TimeSpan Waiting, int Workers);
