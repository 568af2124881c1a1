using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>A convolution with a bias and a square kernel (PyTorch's <c>Conv2d</c>), padded so that at stride 1 the size stays.</summary>
internal sealed class ConvolutionLayer(string name, int inputs, int outputs, int kernel) : Layer
{
    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new($"{name}.weight", [outputs, inputs, kernel, kernel], ScalarType.Float32),
        new($"{name}.bias", [outputs], ScalarType.Float32),
    ];

    public override void Optimize(Plan source, Plan target)
    {
        foreach (var parameter in Parameters)
            target.Add(parameter.Name, source[parameter.Name].Clone());
    }

    public Tensor Forward(Plan plan, Tensor input) => input.Conv2d(plan[$"{name}.weight"], plan[$"{name}.bias"], padding: kernel / 2);
}
