using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>New tensors.</summary>
public static class Creation
{
    private static readonly Op s_empty = new("aten::empty", "memory_format");
    private static readonly Op s_zeros = new("aten::zeros");
    private static readonly Op s_full = new("aten::full");
    private static readonly Op s_arange = new("aten::arange", "start");

    /// <summary>A tensor whose elements are whatever the memory held.</summary>
    public static Tensor Empty(long[] shape, TorchScalarType type = TorchScalarType.Float32, string device = "cpu", MemoryFormat format = MemoryFormat.Contiguous) =>
        s_empty.Run(shape, type, Arg.Default, device, Arg.Default, format);

    /// <summary>A tensor in host memory that CUDA devices can read by themselves, while the host does something else; its elements are whatever the memory held.</summary>
    /// <exception cref="TorchException">There is no CUDA.</exception>
    public static Tensor Pinned(long[] shape, TorchScalarType type) => s_empty.Run(shape, type, Arg.Default, "cpu", true, Arg.Default);

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(long[] shape, TorchScalarType type = TorchScalarType.Float32, string device = "cpu") => s_zeros.Run(shape, type, Arg.Default, device);

    /// <summary>A tensor of one value.</summary>
    public static Tensor Full(long[] shape, double value, TorchScalarType type = TorchScalarType.Float32, string device = "cpu") =>
        s_full.Run(shape, value, type, Arg.Default, device);

    /// <summary>The whole numbers from <paramref name="start"/> to <paramref name="end"/>, exclusive, along one dimension.</summary>
    public static Tensor Range(long start, long end, TorchScalarType type = TorchScalarType.Int64, string device = "cpu") =>
        s_arange.Run(start, end, type, Arg.Default, device);
}
