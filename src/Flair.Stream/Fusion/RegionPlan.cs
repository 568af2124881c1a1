using Flair.Models.Graphs;

namespace Flair.Fusion;

/// <summary>
/// Which part of each map has to be computed for a part of the logits: where a window's margins are cropped, the decoder's finest maps, the most
/// expensive ones, are needed at a quarter of their pixels and a few around. What is computed is what the whole network would have computed
/// there: at a region's edge a convolution sees its neighbours' true values, zeros only at the window's edge.
/// </summary>
internal static class RegionPlan
{
    /// <summary>The region of each map.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="size">Rows and columns of the window.</param>
    /// <param name="kept">The part of the logits that is wanted.</param>
    public static Dictionary<MapNode, MapRegion> Create(NetworkGraph graph, int size, MapRegion kept)
    {
        var regions = new Dictionary<MapNode, MapRegion> { [graph.Output] = kept };
        var readers = graph.Nodes.SelectMany(node => node.Sources.Distinct()).CountBy(source => source).ToDictionary();
        foreach (var node in graph.Nodes.Reverse())
        {
            if (!regions.TryGetValue(node, out var region))
                throw new InvalidOperationException($"nothing is made of '{node.Name}'");
            switch (node)
            {
                case ConvolutionNode convolution:
                    Need(convolution.Input, InputOf(convolution, region, size / convolution.Input.Reduction));
                    break;
                case TransposedConvolutionNode transposed:
                    Need(transposed.Input, InputOfTransposed(region, size / transposed.Input.Reduction));
                    break;
                case SumNode sum:
                    Need(sum.Added, region);
                    break;
                case ContextNode context:
                    Need(context.Input, Whole(context.Input));
                    break;
                case ChannelWeightNode weighed:
                    foreach (var gate in weighed.Gates)
                        Need(gate.Input, Whole(gate.Input));
                    break;
                case PixelWeightNode weighed:
                    Need(weighed.Weights, region);
                    break;
                case MaxPoolNode or GroupNormNode or AttentionNode or PositionAttentionNode:
                    foreach (var source in node.Sources)
                        Need(source, Whole(source));
                    break;
                case LayerNormNode norm:
                    Need(norm.Input, region);
                    break;
                case DepthwiseNode depthwise:
                    Need(depthwise.Input, InputOf(DepthwiseNode.Kernel, 1, depthwise.Dilation, depthwise.Dilation, region, size / depthwise.Reduction));
                    break;
                case UpsampleNode upsample:
                    Need(upsample.Below, MapRegion.Between(region.Row / 2, region.Column / 2, (region.Bottom + 1) / 2, (region.Right + 1) / 2));
                    foreach (var beside in upsample.Beside)
                        Need(beside, region);
                    break;
                case InterpolationNode interpolation:
                    Need(interpolation.Input, InputOf(region, size / interpolation.Reduction, size / interpolation.Input.Reduction));
                    break;
            }

            // Both maps have the same pixels then.
            if (node.InPlaceOf is { } before)
            {
                Need(before, region);
                if (regions[before] != region)
                    throw new InvalidOperationException($"'{node.Name}' is made in place of '{before.Name}' and not needed as a whole");
            }
        }

        return regions;

        // What several maps are made of is computed whole; only the chain of single steps behind the last of them is cut.
        void Need(MapNode node, MapRegion region) => regions[node] = regions.ContainsKey(node) || IsWhole(node) ? Whole(node) : region;

        MapRegion Whole(MapNode node) => MapRegion.Whole(size / node.Reduction);

        // What is made in place of a map is as whole as that.
        bool IsWhole(MapNode node) =>
            node is InputNode or MaxPoolNode or GroupNormNode or AttentionNode or PositionAttentionNode
            || (node is ChannelWeightNode weighed && weighed.Gates.Any(gate => gate.Input == weighed.InPlaceOf))
            || (node.InPlaceOf is { } before && (readers[before] > 1 || IsWhole(before)));
    }

    /// <summary>The part of its input that a convolution reads for a part of its output.</summary>
    public static MapRegion InputOf(ConvolutionNode node, MapRegion output, int inputSize) =>
        InputOf(node.Kernel, node.Stride, node.Dilation, node.Padding, output, inputSize);

    /// <summary>
    /// The part of its input that a transposed convolution of 4 × 4 taps, stride 2 and padding 1 reads: input pixel i goes to output pixels 2i − 1 … 2i + 2.
    /// </summary>
    private static MapRegion InputOfTransposed(MapRegion output, int inputSize)
    {
        return MapRegion.Between(From(output.Row), From(output.Column), To(output.Bottom), To(output.Right));

        static int From(int first) => Math.Max(0, first - 1) / 2;
        int To(int end) => Math.Min(inputSize, (end / 2) + 1);
    }

    /// <summary>The part of its input that an interpolation reads for a part of its output.</summary>
    private static MapRegion InputOf(MapRegion output, int size, int inputSize)
    {
        // As the pass computes it (passes.cpp), and the pixel behind.
        var scale = size > 1 ? (inputSize - 1) / (float)(size - 1) : 0;
        return MapRegion.Between(From(output.Row), From(output.Column), To(output.Bottom), To(output.Right));

        int From(int first) => (int)(scale * first);
        int To(int end) => Math.Min(inputSize, (int)(scale * (end - 1)) + 2);
    }

    private static MapRegion InputOf(int kernel, int stride, int dilation, int padding, MapRegion output, int inputSize)
    {
        var reach = ((kernel - 1) * dilation) + 1;
        return MapRegion.Between(From(output.Row), From(output.Column), To(output.Bottom), To(output.Right));

        int From(int first) => Math.Max(0, (first * stride) - padding);
        int To(int end) => Math.Min(inputSize, ((end - 1) * stride) - padding + reach);
    }
}
