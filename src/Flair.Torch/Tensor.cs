using System.Runtime.InteropServices;
using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>
/// A reference to a libtorch tensor. Its memory is native: dispose it as soon as it is not needed, the garbage collector does not see its size.
/// Operators are extension methods, grouped by topic in the folder Ops; each returns a new tensor, those with a trailing underscore change theirs.
/// </summary>
public sealed class Tensor : SafeHandle
{
    private long[]? _shape;

    internal Tensor(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The dimensions; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => ShapeArray;

    /// <summary>The number of elements.</summary>
    public long ElementCount
    {
        get
        {
            var count = 1L;
            foreach (var size in ShapeArray)
                count *= size;
            return count;
        }
    }

    /// <summary>The element type.</summary>
    public TorchScalarType ScalarType => (TorchScalarType)Native.Check(Native.ScalarType(this));

    /// <summary>Where the elements are: <c>cpu</c> or <c>cuda:0</c>.</summary>
    public string Device
    {
        get
        {
            Native.Check(Native.Device(this, out var type, out var index));
            return type switch
            {
                0 => "cpu",
                1 => $"cuda:{index}",
                _ => $"device type {type}",
            };
        }
    }

    /// <summary>Whether the elements are in host memory.</summary>
    public bool IsOnHost
    {
        get
        {
            Native.Check(Native.Device(this, out var type, out _));
            return type == 0;
        }
    }

    /// <summary>
    /// The address of the first element, valid while this tensor (or another that shares its memory) is not disposed: keep the tensor alive
    /// around every use. On CUDA it is a device address.
    /// </summary>
    public nint DataPointer => Native.Data(this) is var data && (data != 0 || ElementCount == 0) ? data : throw Native.Failure("data pointer");

    // Only metadata-changing operators (none is bound) alter a tensor's shape, so it is read once.
    internal long[] ShapeArray => _shape ??= ReadSizes(strides: false);

    /// <summary>The distance in elements between neighbours along each dimension.</summary>
    public IReadOnlyList<long> Strides => ReadSizes(strides: true);

    /// <summary>A tensor in host memory with a copy of <paramref name="values"/>, row-major.</summary>
    /// <exception cref="ArgumentException">The product of <paramref name="shape"/> is not the number of values.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged => FromBytes(MemoryMarshal.AsBytes(values), TorchScalarTypes.Of<T>(), shape);

    /// <summary>A tensor in host memory with a copy of little-endian <paramref name="bytes"/>, row-major.</summary>
    /// <exception cref="ArgumentException">The bytes are not as many as shape and type ask for.</exception>
    public static unsafe Tensor FromBytes(ReadOnlySpan<byte> bytes, TorchScalarType type, params ReadOnlySpan<long> shape)
    {
        long expected = type.Size();
        foreach (var size in shape)
            expected = checked(expected * size);
        if (expected != bytes.Length)
            throw new ArgumentException($"a {type} tensor of shape [{string.Join(',', shape.ToArray())}] takes {expected} bytes, not {bytes.Length}", nameof(bytes));
        fixed (byte* data = bytes)
        fixed (long* sizes = shape)
        {
            var tensor = Native.FromHost(data, sizes, shape.Length, type);
            return tensor != 0 ? new Tensor(tensor) : throw Native.Failure("tensor from host memory");
        }
    }

    /// <summary>
    /// Says that this thread's current stream on the tensor's device uses it too: its memory, disposed of, serves no other tensor before that stream
    /// has done what it was given. Needed where a tensor that one stream made is disposed of while another still reads it.
    /// </summary>
    public void UsedHere() => Native.Check(Native.UsedHere(this), "stream");

    /// <summary>Whether the elements lie densely in that order.</summary>
    public bool IsContiguous(MemoryFormat format = MemoryFormat.Contiguous) => Native.Check(Native.IsContiguous(this, format)) != 0;

    /// <summary>Copies all elements, row-major, to host memory, from any device and memory format.</summary>
    /// <exception cref="ArgumentException">The element type or count differs.</exception>
    public unsafe void CopyTo<T>(Span<T> destination)
        where T : unmanaged
    {
        if (TorchScalarTypes.Of<T>() != ScalarType)
            throw new ArgumentException($"the tensor holds {ScalarType}, not {typeof(T).Name}", nameof(destination));
        if (destination.Length != ElementCount)
            throw new ArgumentException($"the tensor has {ElementCount} elements, the span {destination.Length}", nameof(destination));
        fixed (T* data = destination)
            Native.Check(Native.ToHost(this, data, (long)destination.Length * sizeof(T)));
    }

    /// <summary>All elements, row-major.</summary>
    /// <exception cref="ArgumentException">The element type differs.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var values = new T[ElementCount];
        CopyTo<T>(values);
        return values;
    }

    /// <summary>Type, shape and device, e.g. <c>Float32[4,19,512,512] on cpu</c>.</summary>
    public override string ToString() => IsClosed ? "disposed tensor" : $"{ScalarType}[{string.Join(',', ShapeArray)}] on {Device}";

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Native.Free(handle);
        return true;
    }

    private unsafe long[] ReadSizes(bool strides)
    {
        var sizes = new long[Native.Check(Native.Dims(this))];
        var second = new long[sizes.Length];
        fixed (long* first = sizes)
        fixed (long* other = second)
            Native.Check(Native.Sizes(this, first, strides ? other : null));
        return strides ? second : sizes;
    }
}
