using Flair.Checkpoints;
using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>PyTorch's <c>LayerNorm</c> over the last dimension.</summary>
internal sealed class LayerNormLayer(string name, int channels, double epsilon) : UnaryLayer
{
    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new($"{name}.weight", [channels], ScalarType.Float32),
        new($"{name}.bias", [channels], ScalarType.Float32),
    ];

    /// <summary>Writes it down for tokens that are a map's pixels.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input) => graph.Add(new LayerNormNode(input, name, epsilon));

    public override Tensor Forward(Plan plan, Tensor input) => input.LayerNorm([channels], plan[$"{name}.weight"], plan[$"{name}.bias"], epsilon);
}
