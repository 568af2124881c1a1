using System.Collections.Concurrent;

namespace Flair.Source;

/// <summary>What a reader has done. Safe to use from several threads.</summary>
internal sealed class ReadCounters
{
    private long _blocks;
    private long _bytes;
    private readonly ConcurrentDictionary<object, string> _inHand = new(ReferenceEqualityComparer.Instance);
    private int _opened;

    public long Blocks => Interlocked.Read(ref _blocks);

    public long Bytes => Interlocked.Read(ref _bytes);

    public int FilesOpened => Volatile.Read(ref _opened);

    public void Add(long blocks, long bytes)
    {
        Interlocked.Add(ref _blocks, blocks);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Files that are being decoded now, sorted.</summary>
    public IReadOnlyList<string> InHand => [.. _inHand.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Notes that a job on a file begins.</summary>
    public void Begin(object job, string path) => _inHand[job] = path;

    /// <summary>Notes that it has ended.</summary>
    public void End(object job) => _inHand.TryRemove(job, out _);

    public void Opened() => Interlocked.Increment(ref _opened);
}
