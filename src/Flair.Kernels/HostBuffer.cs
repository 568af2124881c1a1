using System.Runtime.InteropServices;
using Flair.Kernels.Interop;

namespace Flair.Kernels;

/// <summary>
/// Native memory that is taken again and again. The system would zero each page of it anew every time; so what is disposed of is kept for the next who
/// asks for as much, up to a bound and for some seconds. Aligned to a line of the cache, and from 2 MiB on to a huge page.
/// </summary>
public sealed class HostBuffer : SafeHandle
{
    /// <summary>Bytes that are kept unused, at most.</summary>
    public const long MostUnused = 1L << 30;

    private static readonly UnusedMemory s_unused = new(MostUnused, TimeSpan.FromSeconds(10), TimeProvider.System);

    private HostBuffer(nint memory, long length)
        : base(0, ownsHandle: true)
    {
        SetHandle(memory);
        Length = length;
    }

    /// <summary>Bytes that are kept unused now.</summary>
    public static long UnusedBytes => s_unused.Bytes;

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The first byte; valid until this is disposed of.</summary>
    public nint Pointer => handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Takes memory, whose content is whatever it was.</summary>
    /// <param name="length">Bytes, 1 or more.</param>
    /// <exception cref="InsufficientMemoryException">There is none left.</exception>
    public static HostBuffer Take(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return new HostBuffer(s_unused.Take(length) is var kept and not 0 ? kept : Allocate(length), length);
    }

    /// <summary>Gives everything that is kept unused back to the system.</summary>
    public static void ReleaseUnused() => Free(s_unused.TakeAll());

    /// <summary>Some of its bytes as numbers.</summary>
    /// <param name="start">Numbers before them.</param>
    /// <param name="length">How many numbers.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are not inside.</exception>
    public unsafe Span<T> AsSpan<T>(long start, int length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, Length / sizeof(T));
        return new((T*)handle + start, length);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Free(s_unused.Put(handle, Length));
        return true;
    }

    private static void Free(List<nint> all)
    {
        foreach (var memory in all)
            Native.Free(memory);
    }

    private static nint Allocate(long length)
    {
        if (Native.Allocate(length) is var memory and not 0)
            return memory;
        ReleaseUnused();
        return Native.Allocate(length) is var second and not 0 ? second : throw new InsufficientMemoryException($"out of memory: {length} bytes could not be allocated");
    }
}
