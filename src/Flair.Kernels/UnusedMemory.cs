using System.Runtime.InteropServices;

namespace Flair.Kernels;

/// <summary>
/// Native memory that nobody uses for now, for the next who asks for as many bytes. What was put back last is taken first, so that what a run has too much of
/// stays at the bottom; it is given up when nobody has asked for it for a while, as is memory of a size that comes no more.
/// </summary>
/// <param name="most">Bytes that are kept at most.</param>
/// <param name="patience">How long memory waits for somebody.</param>
/// <param name="clock">The time.</param>
internal sealed class UnusedMemory(long most, TimeSpan patience, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, List<(nint Memory, long Since)>> _kept = [];
    private long _bytes;

    /// <summary>Bytes that are kept now.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>Takes memory of so many bytes out; 0 if there is none.</summary>
    public nint Take(long length)
    {
        lock (_lock)
        {
            if (!_kept.TryGetValue(length, out var same) || same.Count == 0)
                return 0;
            var (memory, _) = same[^1];
            same.RemoveAt(same.Count - 1);
            _bytes -= length;
            return memory;
        }
    }

    /// <summary>Puts memory in.</summary>
    /// <returns>What is to be freed now: memory that has waited too long, and this where there is no room for it.</returns>
    public List<nint> Put(nint memory, long length)
    {
        List<nint> freed = [];
        var now = clock.GetTimestamp();
        lock (_lock)
        {
            foreach (var (size, same) in _kept)
            {
                var fresh = same.FindIndex(kept => clock.GetElapsedTime(kept.Since, now) <= patience);
                Remove(size, same, fresh < 0 ? same.Count : fresh, freed);
            }

            if (_bytes + length > most)
            {
                freed.Add(memory);
                return freed;
            }

            ref var room = ref CollectionsMarshal.GetValueRefOrAddDefault(_kept, length, out _);
            (room ??= []).Add((memory, now));
            _bytes += length;
        }

        return freed;
    }

    /// <summary>Takes all of it out.</summary>
    public List<nint> TakeAll()
    {
        List<nint> all = [];
        lock (_lock)
        {
            foreach (var (size, same) in _kept)
                Remove(size, same, same.Count, all);
        }

        return all;
    }

    /// <summary>Moves the oldest of a size.</summary>
    private void Remove(long size, List<(nint Memory, long Since)> same, int count, List<nint> to)
    {
        foreach (var (memory, _) in CollectionsMarshal.AsSpan(same)[..count])
            to.Add(memory);
        same.RemoveRange(0, count);
        _bytes -= count * size;
    }
}
