using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>PyTorch's <c>Linear</c> with a bias: the last dimension of vectors [n, c] or tokens [n, tokens, c] times a matrix.</summary>
internal sealed class LinearLayer(string name, int inputs, int outputs) : UnaryLayer
{
    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new($"{name}.weight", [outputs, inputs], ScalarType.Float32),
        new($"{name}.bias", [outputs], ScalarType.Float32),
    ];

    public override Tensor Forward(Plan plan, Tensor input) =>
        input.Shape.Count == 3 && input.IsOnHost
            ? AsConvolution(input, plan[$"{name}.weight"], plan[$"{name}.bias"])
            : input.Linear(plan[$"{name}.weight"], plan[$"{name}.bias"]);

    // On the CPU libtorch multiplies by BLAS, convolves by oneDNN: with Debian's reference BLAS that is ten to forty times as fast.
    private static Tensor AsConvolution(Tensor tokens, Tensor weight, Tensor bias)
    {
        using var map = tokens.Transpose(1, 2);
        using var column = map.Unsqueeze(3);
        using var kernel = weight.Reshape(weight.Shape[0], weight.Shape[1], 1, 1);
        using var result = column.Conv2d(kernel, bias);
        using var flat = result.Squeeze(3);
        return flat.Transpose(1, 2);
    }
}
