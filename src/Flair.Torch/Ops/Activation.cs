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
    private static readonly Op s_dropout = new("aten::dropout");
    private static readonly Op s_featureDropout = new("aten::feature_dropout");

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

    /// <summary>In training: each element is 0 with that probability, else divided by 1 − probability. The random numbers are libtorch's (<see cref="LibTorch.Seed"/>).</summary>
    public static Tensor Dropout(this Tensor input, double probability) => s_dropout.Run(input, probability, true);

    /// <summary>In training: as <see cref="Dropout"/>, but whole channels of [n,c,h,w] at once (PyTorch's <c>Dropout2d</c>).</summary>
    public static Tensor ChannelDropout(this Tensor input, double probability) => s_featureDropout.Run(input, probability, true);
}
