using System.Runtime.InteropServices;

namespace Flair.Source;

/// <summary>A block of native memory, 64-byte aligned. Its content is undefined until written.</summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    private const nuint Alignment = 64;

    public NativeBuffer(long length)
        : base(0, ownsHandle: true)
    {
        Length = length;
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), Alignment));
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Bytes that it holds.</summary>
    public long Length { get; }

    public void* Pointer => (void*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}

/// <summary>
/// Keeps a few buffers for the next one who needs one: mapping and clearing fresh pages costs as much as reading a TIFF. How many are
/// out at a time is the caller's affair; no more than <c>keep</c> are kept, the others are freed when they come back.
/// </summary>
internal sealed class BufferPool(int keep) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<NativeBuffer> _free = [];
    private bool _disposed;

    /// <summary>A buffer of at least <paramref name="length"/> bytes and at most twice that, of undefined content.</summary>
    public NativeBuffer Rent(long length)
    {
        lock (_gate)
        {
            int best = -1;
            for (int i = 0; i < _free.Count; i++)
            {
                if (_free[i].Length >= length && _free[i].Length <= 2 * length && (best < 0 || _free[i].Length < _free[best].Length))
                    best = i;
            }

            if (best >= 0)
            {
                var buffer = _free[best];
                _free.RemoveAt(best);
                return buffer;
            }
        }

        return new NativeBuffer(length);
    }

    /// <summary>Takes a buffer back; after <see cref="Dispose"/> it is freed at once.</summary>
    public void Return(NativeBuffer buffer)
    {
        NativeBuffer? surplus = buffer;
        lock (_gate)
        {
            if (!_disposed)
            {
                _free.Add(buffer);
                surplus = null;
                if (_free.Count > keep)
                {
                    surplus = _free[0];
                    _free.RemoveAt(0);
                }
            }
        }

        surplus?.Dispose();
    }

    /// <summary>Frees what is kept.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            foreach (var buffer in _free)
                buffer.Dispose();
            _free.Clear();
        }
    }

    /// <summary>Frees what is kept; what is out is freed when it comes back.</summary>
    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        Trim();
    }
}
