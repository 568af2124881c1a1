using Flair.Models.Graphs;

namespace Flair.Tests.Fusion;

/// <summary>A network of every kind of map that is small enough to be compiled many times.</summary>
internal static class SmallNetwork
{
    /// <summary>Residual blocks at a quarter and an eighth of the resolution, a dilated and a 1 × 1 convolution on the way up. Sizes are multiples of 8.</summary>
    public static TracedNetwork Create()
    {
        var graph = new NetworkGraph(3);
        var stem = Add("stem", graph.Input, 8, kernel: 7, stride: 2);
        var pool = graph.Add(new MaxPoolNode(stem));
        var block = Add("block.conv2", Add("block.conv1", pool, 8), 8, added: pool);
        var strided = Add("down.conv2", Add("down.conv1", block, 16, stride: 2), 16, added: Add("down.shortcut", block, 16, kernel: 1, stride: 2, relu: false));
        var quarter = Add("up.0", graph.Add(new UpsampleNode("up.0.upsample", strided, [block])), 12, dilation: 2);
        var half = Add("up.1", graph.Add(new UpsampleNode("up.1.upsample", Add("up.0.narrow", quarter, 6, kernel: 1), [stem])), 8);
        graph.Output = Add("head", Add("up.2", graph.Add(new UpsampleNode("up.2.upsample", half, [])), 4), 5, relu: false);
        return TracedNetwork.OfGraph(graph);

        MapNode Add(string name, MapNode input, int outputs, int kernel = 3, int stride = 1, int dilation = 1, MapNode? added = null, bool relu = true) =>
            graph.Add(new ConvolutionNode(input, name, outputs, kernel, stride, dilation, added, relu));
    }
}
