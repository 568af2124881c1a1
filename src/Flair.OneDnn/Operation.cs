using System.Runtime.InteropServices;
using Flair.OneDnn.Interop;

namespace Flair.OneDnn;

/// <summary>The maps of an image that an operation runs on (<c>flair_maps</c> of the shim).</summary>
/// <param name="Input">The input map.</param>
/// <param name="Added">The other map that is added; 0 where there is none.</param>
/// <param name="Output">The output map; where there is a sum, it holds what is added.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct OperationMaps(nint Input, nint Added, nint Output);

/// <summary>
/// A convolution or pooling with its weights, ready to run on maps [row][column][channel] of one size. Several threads may run it at once,
/// each with a scratchpad of its own.
/// </summary>
public sealed unsafe class Operation : SafeHandle
{
    /// <summary>
    /// The largest sum, in either direction, that two bytes of a kernel may have that lie on the same tap of neighbouring input channels (0 and 1, 2 and 3, …): 128.
    /// Without VNNI, processors add their products with bytes up to 255 in 16 bits and saturate
    /// (oneDNN's developer guide, "Nuances of int8 computations").
    /// </summary>
    public const int LargestPair = short.MaxValue / byte.MaxValue;

    private Operation(nint handle)
        : base(0, ownsHandle: true)
    {
        SetHandle(handle);
        ScratchpadBytes = Native.Scratchpad(this);
    }

    /// <summary>Bytes that each running thread must give it.</summary>
    public long ScratchpadBytes { get; }

    /// <summary>Which of oneDNN's implementations was taken, e.g. <c>brgconv:avx512_core_vnni</c>.</summary>
    public string Implementation => Marshal.PtrToStringUTF8(Native.Kernel(this)) ?? "";

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>A convolution: <c>out = relu(scale[o] · (Σ kernel · in + bias[o]) + sumScale · out + added)</c>.</summary>
    /// <param name="shape">Sizes and types.</param>
    /// <param name="kernel">[out][in][row][column] in single precision, for maps in floating point.</param>
    /// <param name="bias">One an output channel.</param>
    /// <exception cref="OneDnnException">oneDNN cannot do that on this processor.</exception>
    public static Operation Convolution(in ConvolutionShape shape, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias)
    {
        fixed (float* kernelData = kernel, biasData = bias)
            return Create(shape, MapType.Float32, kernel.Length, kernelData, bias.Length, biasData, null);
    }

    /// <summary>The same for maps of bytes.</summary>
    /// <param name="shape">Sizes and types; the input is <see cref="MapType.UInt8"/>.</param>
    /// <param name="kernel">[out][in][row][column]; exact on every processor where it keeps to <see cref="LargestPair"/>.</param>
    /// <param name="bias">One an output channel, in units of the sum before it is scaled.</param>
    /// <param name="scale">One an output channel.</param>
    /// <exception cref="OneDnnException">oneDNN cannot do that on this processor.</exception>
    public static Operation Convolution(in ConvolutionShape shape, ReadOnlySpan<sbyte> kernel, ReadOnlySpan<float> bias, ReadOnlySpan<float> scale)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scale.Length, shape.OutChannels);
        fixed (sbyte* kernelData = kernel)
        fixed (float* biasData = bias, scaleData = scale)
            return Create(shape, MapType.Int8, kernel.Length, kernelData, bias.Length, biasData, scaleData);
    }

    /// <summary>
    /// The largest of 3 × 3 with stride 2 and padding 1, the output has half the rows and columns, rounded up; or of 2 × 2 with stride 2, rounded down.
    /// </summary>
    /// <exception cref="OneDnnException">oneDNN cannot do that on this processor.</exception>
    public static Operation MaxPool(int kernel, int channels, int rows, int columns, MapType type) =>
        kernel is 2 or 3 ? new(NotNull(Native.CreatePool(kernel, channels, rows, columns, type), "pooling")) : throw new ArgumentOutOfRangeException(nameof(kernel));

    /// <summary>Runs it on one image, or on several, each of whose results is the same as alone.</summary>
    /// <param name="images">The maps of each.</param>
    /// <param name="scratchpad"><see cref="ScratchpadBytes"/> bytes that nobody else uses meanwhile.</param>
    /// <exception cref="OneDnnException">oneDNN failed.</exception>
    public void Run(ReadOnlySpan<OperationMaps> images, void* scratchpad)
    {
        fixed (OperationMaps* first = images)
        {
            if (Native.Run(this, first, images.Length, scratchpad) < 0)
                throw Native.Failure("run");
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Native.Free(handle);
        return true;
    }

    private static Operation Create(
        in ConvolutionShape shape, MapType kernelType, int kernelLength, void* kernel, int biasLength, float* bias, float* scale)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(kernelLength, shape.OutChannels * shape.InChannels * shape.Kernel * shape.Kernel);
        ArgumentOutOfRangeException.ThrowIfNotEqual(biasLength, shape.OutChannels);
        var native = new NativeConvolution
        {
            InChannels = shape.InChannels,
            InRows = shape.InRows,
            InColumns = shape.InColumns,
            OutChannels = shape.OutChannels,
            OutRows = shape.OutRows,
            OutColumns = shape.OutColumns,
            Kernel = shape.Kernel,
            Stride = shape.Stride,
            Dilation = shape.Dilation,
            Top = shape.Top,
            Left = shape.Left,
            Bottom = shape.Bottom,
            Right = shape.Right,
            InType = shape.InType,
            KernelType = kernelType,
            OutType = shape.OutType,
            SumType = shape.SumType,
            SumScale = shape.SumScale,
            AddedType = shape.AddedType,
            Relu = shape.Relu ? 1 : 0,
            Transposed = shape.Transposed ? 1 : 0,
            Threads = shape.Threads,
            Images = shape.Images,
        };
        return new(NotNull(Native.CreateConvolution(&native, kernel, bias, scale), "convolution"));
    }

    private static nint NotNull(nint handle, string what) => handle != 0 ? handle : throw Native.Failure(what);
}
