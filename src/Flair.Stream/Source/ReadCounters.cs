namespace Flair.Source;

/// <summary>What a reader has done. Safe to use from several threads.</summary>
internal sealed class ReadCounters
{
    private long _blocks;
    private long _bytes;
    private int _opened;

    public long Blocks => Interlocked.Read(ref _blocks);

    public long Bytes => Interlocked.Read(ref _bytes);

    public int FilesOpened => Volatile.Read(ref _opened);

    public void Add(long blocks, long bytes)
    {
        Interlocked.Add(ref _blocks, blocks);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void Opened() => Interlocked.Increment(ref _opened);
}
