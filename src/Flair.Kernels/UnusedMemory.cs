namespace Flair.Kernels;

/// <summary>
/// Native memory that nobody uses for now, for the next who asks for as many bytes. What was put back last is taken first, so that what a run has too much of
/// grows old; it is given up when nobody has asked for it for a while, as is memory of a size that comes no more.
/// </summary>
/// <param name="most">Bytes that are kept at most.</param>
/// <param name="patience">How long memory waits for somebody.</param>
/// <param name="clock">The time.</param>
internal sealed class UnusedMemory(long most, TimeSpan patience, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly List<(nint Memory, long Length, long Since)> _kept = []; // the oldest first

    /// <summary>Bytes that are kept now.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return Sum();
        }
    }

    /// <summary>Takes memory of so many bytes out; 0 if there is none.</summary>
    public nint Take(long length)
    {
        lock (_lock)
        {
            var last = _kept.FindLastIndex(kept => kept.Length == length);
            if (last < 0)
                return 0;
            var memory = _kept[last].Memory;
            _kept.RemoveAt(last);
            return memory;
        }
    }

    /// <summary>Puts memory in.</summary>
    /// <returns>What is to be freed now: memory that has waited too long, and this where there is no room for it.</returns>
    public List<nint> Put(nint memory, long length)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            var fresh = _kept.FindIndex(kept => clock.GetElapsedTime(kept.Since, now) <= patience);
            var freed = RemoveOldest(fresh < 0 ? _kept.Count : fresh);
            if (Sum() + length <= most)
                _kept.Add((memory, length, now));
            else
                freed.Add(memory);
            return freed;
        }
    }

    /// <summary>Takes all of it out.</summary>
    public List<nint> TakeAll()
    {
        lock (_lock)
            return RemoveOldest(_kept.Count);
    }

    private long Sum() => _kept.Sum(kept => kept.Length);

    private List<nint> RemoveOldest(int count)
    {
        List<nint> oldest = [.. _kept.Take(count).Select(kept => kept.Memory)];
        _kept.RemoveRange(0, count);
        return oldest;
    }
}
