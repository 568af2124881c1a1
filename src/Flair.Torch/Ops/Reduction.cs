using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Sums, means and extremes along dimensions.</summary>
public static class Reduction
{
    private static readonly Op s_sum = new("aten::sum", "dim_IntList");
    private static readonly Op s_mean = new("aten::mean", "dim");
    private static readonly Op s_argmax = new("aten::argmax");
    private static readonly Op s_max = new("aten::max", "dim");
    private static readonly Op s_amax = new("aten::amax");
    private static readonly Op s_amin = new("aten::amin");

    /// <summary>Sums along dimensions.</summary>
    public static Tensor Sum(this Tensor input, long[] dimensions, bool keep = false) => s_sum.Run(input, dimensions, keep);

    /// <summary>Means along dimensions.</summary>
    public static Tensor Mean(this Tensor input, long[] dimensions, bool keep = false) => s_mean.Run(input, dimensions, keep);

    /// <summary>The index (Int64) of the largest entry along a dimension; of equal ones the first.</summary>
    public static Tensor ArgMax(this Tensor input, int dimension, bool keep = false) => s_argmax.Run(input, dimension, keep);

    /// <summary>The largest entry along a dimension and its index (Int64).</summary>
    public static (Tensor Values, Tensor Indices) Max(this Tensor input, int dimension, bool keep = false) =>
        s_max.RunMany(input, dimension, keep) is [var values, var indices] ? (values, indices) : throw new TorchException("libtorch: max did not return two tensors");

    /// <summary>The largest entry along dimensions.</summary>
    public static Tensor Amax(this Tensor input, long[] dimensions, bool keep = false) => s_amax.Run(input, dimensions, keep);

    /// <summary>The smallest entry along dimensions.</summary>
    public static Tensor Amin(this Tensor input, long[] dimensions, bool keep = false) => s_amin.Run(input, dimensions, keep);
}
