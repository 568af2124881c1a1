using Flair.Checkpoints;
using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>A convolution with a square kernel (PyTorch's <c>Conv2d</c>).</summary>
/// <param name="name">Its prefix in the state dict.</param>
/// <param name="inputs">Channels that enter.</param>
/// <param name="outputs">Channels that leave.</param>
/// <param name="kernel">The kernel's side.</param>
/// <param name="stride">The output has 1/stride of the resolution.</param>
/// <param name="dilation">Pixels from one tap of the kernel to the next.</param>
/// <param name="groups">Parts of the channels that do not see each other.</param>
/// <param name="padding">Zeros around the input; by default as many as keep the size at stride 1.</param>
/// <param name="bias">Whether each output channel has a constant added.</param>
internal sealed class ConvolutionLayer(
    string name, int inputs, int outputs, int kernel, int stride = 1, int dilation = 1, int groups = 1, int? padding = null, bool bias = true) : UnaryLayer
{
    private readonly int _padding = padding ?? (kernel / 2 * dilation);

    public override IEnumerable<ParameterSpec> Parameters
    {
        get
        {
            yield return new($"{name}.weight", [outputs, inputs / groups, kernel, kernel], ScalarType.Float32);
            if (bias)
                yield return new($"{name}.bias", [outputs], ScalarType.Float32);
        }
    }

    /// <summary>Writes it down; for one without groups.</summary>
    /// <param name="graph">Takes it.</param>
    /// <param name="input">What it convolves.</param>
    /// <param name="added">A map that is added; null: none.</param>
    public MapNode Trace(NetworkGraph graph, MapNode input, MapNode? added = null) => graph.Add(Node(input, relu: false, added));

    /// <summary>Makes its node, for one without groups; it is the caller's to add it to a graph.</summary>
    /// <param name="input">What it convolves.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <param name="added">A map that is added; null: none.</param>
    public ConvolutionNode Node(MapNode input, bool relu, MapNode? added = null) => groups == 1
        ? new(input, name, outputs, kernel, stride, dilation, added, relu, bias: bias) { Padding = _padding }
        : throw new InvalidOperationException($"'{name}' cannot be written down as one convolution");

    /// <summary>Writes it down; for one of each channel by itself that keeps the size.</summary>
    /// <param name="graph">Takes it.</param>
    /// <param name="input">What it convolves: all its channels, or those from <paramref name="first"/> on.</param>
    /// <param name="gelu">Whether the Gaussian error linear unit follows.</param>
    /// <param name="first">The first of the input's channels among its own.</param>
    public MapNode TraceDepthwise(NetworkGraph graph, MapNode input, bool gelu, int first = 0)
    {
        if ((groups, outputs, kernel, stride, _padding) != (inputs, inputs, DepthwiseNode.Kernel, 1, dilation))
            throw new InvalidOperationException($"'{name}' is not of each channel by itself");
        return graph.Add(input.Channels == inputs
            ? new DepthwiseNode(input, name, dilation, bias, gelu)
            : new DepthwiseNode(input, $"{name}[{first}]", dilation, bias, gelu) { Part = new(name, inputs, first, bias) });
    }

    public override Tensor Forward(Plan plan, Tensor input) =>
        input.Conv2d(plan[$"{name}.weight"], bias ? plan[$"{name}.bias"] : null, stride, _padding, dilation, groups);
}
