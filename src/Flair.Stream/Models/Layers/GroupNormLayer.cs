using Flair.Checkpoints;
using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>PyTorch's <c>GroupNorm</c>: each group of channels over all positions of one sample. It has no stored statistics to fold away.</summary>
internal sealed class GroupNormLayer(string name, int groups, int channels) : UnaryLayer
{
    /// <summary>PyTorch's default, added to the variance.</summary>
    public const float Epsilon = 1e-5f;

    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new($"{name}.weight", [channels], ScalarType.Float32),
        new($"{name}.bias", [channels], ScalarType.Float32),
    ];

    /// <summary>Writes it down with the ReLU that follows.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input) => graph.Add(new GroupNormNode(input, name, groups));

    public override Tensor Forward(Plan plan, Tensor input) => input.GroupNorm(groups, plan[$"{name}.weight"], plan[$"{name}.bias"]);
}
