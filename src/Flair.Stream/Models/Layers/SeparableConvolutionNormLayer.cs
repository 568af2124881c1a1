using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>A 3×3 convolution of each channel by itself, then one of 1×1 with batch normalization and ReLU: smp's <c>SeparableConv2d</c> and what follows it.</summary>
/// <param name="convolution">The pair's prefix in the state dict.</param>
/// <param name="norm">The normalization's.</param>
/// <param name="inputs">Channels that enter.</param>
/// <param name="outputs">Channels that leave.</param>
/// <param name="dilation">Pixels from one tap of the 3×3 kernel to the next.</param>
internal sealed class SeparableConvolutionNormLayer(string convolution, string norm, int inputs, int outputs, int dilation = 1) : UnaryLayer
{
    private readonly ConvolutionLayer _depthwise = new($"{convolution}.0", inputs, inputs, kernel: 3, dilation: dilation, groups: inputs, bias: false);
    private readonly ConvolutionNormLayer _pointwise = new($"{convolution}.1", norm, inputs, outputs, kernel: 1);

    public override IEnumerable<Layer> Children => [_depthwise, _pointwise];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input) => _pointwise.Trace(graph, _depthwise.TraceDepthwise(graph, input, gelu: false));

    /// <summary>Writes it down for maps that lie side by side: each channel is convolved by itself, so each map can be, and the rest is a sum.</summary>
    /// <param name="graph">Takes it.</param>
    /// <param name="input">The maps, in order.</param>
    public MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode> input)
    {
        MapNode? sum = null;
        var first = 0;
        for (var i = 0; i < input.Count; first += input[i++].Channels)
            sum = graph.Add(_pointwise.Part(_depthwise.TraceDepthwise(graph, input[i], gelu: false, first), first, sum, last: i == input.Count - 1));
        return sum!;
    }

    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var x = _depthwise.Forward(plan, input);
        return _pointwise.Forward(plan, x);
    }
}
