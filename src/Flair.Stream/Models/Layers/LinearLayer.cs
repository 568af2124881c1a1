using Flair.Checkpoints;
using Flair.Models.Graphs;
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

    /// <summary>Writes it down for tokens that are a map's pixels: the convolution of 1 × 1.</summary>
    /// <param name="graph">Takes it.</param>
    /// <param name="input">The tokens.</param>
    /// <param name="added">A map that is added; null: none.</param>
    public MapNode Trace(NetworkGraph graph, MapNode input, MapNode? added = null) =>
        graph.Add(new ConvolutionNode(input, name, outputs, kernel: 1, stride: 1, dilation: 1, added, relu: false));

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
