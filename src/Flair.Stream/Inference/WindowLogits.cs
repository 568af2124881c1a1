using Flair.Kernels;
using Flair.Torch;

namespace Flair.Inference;

/// <summary>Logits of some windows, [window][class][row][column] in single precision, where a network left them. Whoever holds them disposes of them.</summary>
public abstract class WindowLogits : IDisposable
{
    /// <summary>How they lie in host memory.</summary>
    /// <exception cref="InvalidOperationException">They are on another device.</exception>
    public abstract ImageView View { get; }

    /// <summary>Ticks of the stopwatch that their worker did not compute but waited for room for them.</summary>
    public virtual long Waited => 0;

    /// <summary>The point after all that this thread has given to their device; null where they are there already.</summary>
    public virtual DeviceEvent? AfterThem() => null;

    /// <summary>Frees their memory.</summary>
    public abstract void Dispose();
}

/// <summary>Logits in native memory, pixel by pixel.</summary>
public sealed class HostLogits : WindowLogits
{
    private readonly HostBuffer _memory;
    private readonly LogitsPlace? _place;

    /// <summary>Takes memory for them.</summary>
    /// <param name="windows">How many windows.</param>
    /// <param name="classes">Logits a pixel.</param>
    /// <param name="rows">Rows of a window.</param>
    /// <param name="columns">Columns of a window.</param>
    public HostLogits(long windows, long classes, long rows, long columns)
        : this(windows, classes, rows, columns, null)
    {
    }

    /// <summary>As the other constructor, in a place that is given back with this.</summary>
    internal HostLogits(long windows, long classes, long rows, long columns, LogitsPlace? place)
    {
        _place = place;
        _memory = HostBuffer.Take(windows * classes * rows * columns * sizeof(float));
        View = ImageView.ByPixel(_memory.Pointer, windows, classes, rows, columns);
    }

    /// <inheritdoc/>
    public override ImageView View { get; }

    /// <inheritdoc/>
    public override long Waited => _place?.Waited ?? 0;

    /// <summary>Their bytes.</summary>
    public Span<byte> Bytes => _memory.AsSpan<byte>(0, checked((int)_memory.Length));

    /// <inheritdoc/>
    public override void Dispose()
    {
        _memory.Dispose();
        _place?.Dispose();
    }
}

/// <summary>Logits that libtorch computed.</summary>
public sealed class TensorLogits : WindowLogits
{
    /// <summary>Takes a tensor.</summary>
    /// <param name="tensor">[n, classes, rows, columns] in single precision, in any memory format; disposed of with this.</param>
    public TensorLogits(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Tensor = tensor;
    }

    /// <summary>The tensor.</summary>
    public Tensor Tensor { get; }

    /// <inheritdoc/>
    public override ImageView View
    {
        get
        {
            if (!Tensor.IsOnHost)
                throw new InvalidOperationException($"logits on {Tensor.Device} are not in host memory");
            var (shape, strides) = (Tensor.Shape, Tensor.Strides);
            return new()
            {
                Pointer = Tensor.DataPointer,
                Count = shape[0],
                Classes = shape[1],
                Rows = shape[2],
                Columns = shape[3],
                ImageStride = strides[0],
                ClassStride = strides[1],
                RowStride = strides[2],
                ColumnStride = strides[3],
            };
        }
    }

    /// <inheritdoc/>
    public override DeviceEvent? AfterThem() => DeviceEvent.After(Tensor);

    /// <inheritdoc/>
    public override void Dispose() => Tensor.Dispose();
}
