using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Convolutions and matrix products.</summary>
public static class Convolution
{
    private static readonly Op s_conv2d = new("aten::conv2d");
    private static readonly Op s_convTranspose2d = new("aten::conv_transpose2d", "input");
    private static readonly Op s_linear = new("aten::linear");
    private static readonly Op s_matmul = new("aten::matmul");

    /// <summary>Cross-correlation of [n,c,h,w] with [out, c/groups, kh, kw]; the same stride, padding and dilation in both directions.</summary>
    public static Tensor Conv2d(this Tensor input, Tensor weight, Tensor? bias = null, int stride = 1, int padding = 0, int dilation = 1, int groups = 1) =>
        s_conv2d.Run(input, weight, bias, Pair(stride), Pair(padding), Pair(EffectiveDilation(input, weight, dilation)), groups);

    /// <summary>The transposed convolution of [n,c,h,w] with [c, out/groups, kh, kw].</summary>
    public static Tensor ConvTranspose2d(
        this Tensor input, Tensor weight, Tensor? bias = null, int stride = 1, int padding = 0, int outputPadding = 0, int groups = 1, int dilation = 1) =>
        s_convTranspose2d.Run(input, weight, bias, Pair(stride), Pair(padding), Pair(outputPadding), groups, Pair(dilation));

    /// <summary>The last dimension times the transpose of [out, in], plus the bias.</summary>
    public static Tensor Linear(this Tensor input, Tensor weight, Tensor? bias = null) => s_linear.Run(input, weight, bias);

    /// <summary>The matrix product of the last two dimensions, the others broadcast.</summary>
    public static Tensor MatMul(this Tensor input, Tensor other) => s_matmul.Run(input, other);

    // A kernel of one tap is the same however it is dilated. But on one CPU thread libtorch 1.13 hands an undilated one to BLAS instead of
    // oneDNN: rounded otherwise than on two threads, and with the reference BLAS forty times as slow.
    private static int EffectiveDilation(Tensor input, Tensor weight, int dilation) =>
        weight.Shape is [_, _, 1, 1] && input.IsOnHost ? 2 : dilation;

    private static long[] Pair(int value) => [value, value];
}
