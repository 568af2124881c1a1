using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>PAN's global attention upsampling: the finer map, its channels weighed by the coarser one's means, plus the coarser one interpolated.</summary>
internal sealed class PanUpsampling(string name, int inputs, int width) : Layer
{
    private readonly ConvolutionNormLayer _weigh = new($"{name}.conv1.1.conv", $"{name}.conv1.1.bn", width, width, kernel: 1, relu: false, bias: true);
    private readonly ConvolutionNormLayer _convolution = new($"{name}.conv2.conv", $"{name}.conv2.bn", inputs, width, kernel: 3, bias: true);

    public override IEnumerable<Layer> Children => [_weigh, _convolution];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode fine, MapNode coarse)
    {
        var weighed = graph.Add(new ChannelWeightNode(_convolution.Trace(graph, fine), $"{name}.weighed", [new(coarse, [_weigh.Node(coarse)])]));
        return graph.Add(new InterpolationNode(coarse, name, coarse.Reduction / fine.Reduction, weighed));
    }

    /// <summary>Maps [n, inputs, h, w] and a coarser [n, width, …] to [n, width, h, w].</summary>
    public Tensor Forward(Plan plan, Tensor fine, Tensor coarse)
    {
        using var enlarged = coarse.UpsampleBilinear2d(fine.Shape[2], fine.Shape[3], alignCorners: true);
        using var weights = new TensorSlot(coarse.AdaptiveAvgPool2d(1, 1));
        weights.Put(_weigh.Forward(plan, weights.Value));
        weights.Put(weights.Value.Sigmoid());
        using var x = _convolution.Forward(plan, fine);
        using var weighed = x.Mul(weights.Value);
        return enlarged.Add(weighed);
    }
}
