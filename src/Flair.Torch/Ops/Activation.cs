using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Functions of single elements, and softmax.</summary>
public static class Activation
{
    private static readonly Op s_relu = new("aten::relu");
    private static readonly Op s_reluInPlace = new("aten::relu_");
    private static readonly Op s_gelu = new("aten::gelu");
    private static readonly Op s_sigmoid = new("aten::sigmoid");
    private static readonly Op s_silu = new("aten::silu");
    private static readonly Op s_softmax = new("aten::softmax", "int");

    /// <summary>max(x, 0).</summary>
    public static Tensor Relu(this Tensor input) => s_relu.Run(input);

    /// <summary>max(x, 0), in place.</summary>
    public static Tensor Relu_(this Tensor input) => s_reluInPlace.RunInPlace(input);

    /// <summary>The exact (erf) Gaussian error linear unit.</summary>
    public static Tensor Gelu(this Tensor input) => s_gelu.Run(input);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static Tensor Sigmoid(this Tensor input) => s_sigmoid.Run(input);

    /// <summary>x · sigmoid(x).</summary>
    public static Tensor Silu(this Tensor input) => s_silu.Run(input);

    /// <summary>eˣ / Σ eˣ along a dimension.</summary>
    public static Tensor Softmax(this Tensor input, int dimension) => s_softmax.Run(input, dimension);
}
