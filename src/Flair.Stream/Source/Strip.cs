namespace Flair.Source;

/// <summary>
/// Rows of the mosaic in native memory, all channels. The memory goes back to the reader's pool on <see cref="Dispose"/>; the pointers
/// must not be used afterwards.
/// </summary>
public sealed unsafe class Strip : IDisposable
{
    private NativeBuffer? _planes;
    private NativeBuffer? _known;
    private readonly BufferPool _pool;

    internal Strip(GridRect rect, SampleType samples, int channels, NativeBuffer planes, NativeBuffer known, BufferPool pool, IReadOnlyList<ReadFailure> failures)
    {
        Rect = rect;
        Samples = samples;
        ChannelCount = channels;
        _planes = planes;
        _known = known;
        _pool = pool;
        Failures = failures;
    }

    /// <summary>The pixels, on the mosaic's grid.</summary>
    public GridRect Rect { get; }

    /// <summary>The type of the values at <see cref="Planes"/>.</summary>
    public SampleType Samples { get; }

    /// <summary>Number of channels at <see cref="Planes"/>.</summary>
    public int ChannelCount { get; }

    /// <summary>The values as [channel][row][column] without gaps, bytes or floats as <see cref="Samples"/> says.</summary>
    public void* Planes => _planes is { } buffer ? buffer.Pointer : throw new ObjectDisposedException(nameof(Strip));

    /// <summary>1 where a pixel is known and 0 where it is not, as [row][column] without gaps.</summary>
    public byte* Known => _known is { } buffer ? (byte*)buffer.Pointer : throw new ObjectDisposedException(nameof(Strip));

    /// <summary>What could not be read in these rows; empty when all could.</summary>
    public IReadOnlyList<ReadFailure> Failures { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _planes, null) is { } planes)
            _pool.Return(planes);
        if (Interlocked.Exchange(ref _known, null) is { } known)
            _pool.Return(known);
    }
}
