using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>Overlapping patches of a map as tokens: a strided convolution and a normalization.</summary>
internal sealed class PatchEmbedding(string name, int inputs, int outputs, int kernel, int stride) : Layer
{
    // PyTorch's default: smp does not hand its own to this one.
    private const double Epsilon = 1e-5;

    private readonly ConvolutionLayer _projection = new($"{name}.proj", inputs, outputs, kernel, stride);
    private readonly LayerNormLayer _norm = new($"{name}.norm", outputs, Epsilon);

    public override IEnumerable<Layer> Children => [_projection, _norm];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input) => _norm.Trace(graph, _projection.Trace(graph, input));

    /// <summary>Maps [n, inputs, h, w] to tokens [n, height · width, outputs].</summary>
    public (Tensor Tokens, long Height, long Width) Forward(Plan plan, Tensor input)
    {
        using var map = _projection.Forward(plan, input);
        using var tokens = Tokens.Of(map);
        return (_norm.Forward(plan, tokens), map.Shape[2], map.Shape[3]);
    }
}
