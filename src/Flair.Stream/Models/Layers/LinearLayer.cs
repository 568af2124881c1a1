using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>PyTorch's <c>Linear</c> with a bias: the last dimension times a matrix.</summary>
internal sealed class LinearLayer(string name, int inputs, int outputs) : UnaryLayer
{
    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new($"{name}.weight", [outputs, inputs], ScalarType.Float32),
        new($"{name}.bias", [outputs], ScalarType.Float32),
    ];

    public override Tensor Forward(Plan plan, Tensor input) => input.Linear(plan[$"{name}.weight"], plan[$"{name}.bias"]);
}
