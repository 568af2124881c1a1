using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>PyTorch's <c>GroupNorm</c>: each group of channels over all positions of one sample. It has no stored statistics to fold away.</summary>
internal sealed class GroupNormLayer(string name, int groups, int channels) : UnaryLayer
{
    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new($"{name}.weight", [channels], ScalarType.Float32),
        new($"{name}.bias", [channels], ScalarType.Float32),
    ];

    public override Tensor Forward(Plan plan, Tensor input) => input.GroupNorm(groups, plan[$"{name}.weight"], plan[$"{name}.bias"]);
}
