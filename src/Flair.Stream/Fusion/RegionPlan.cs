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
        foreach (var node in graph.Nodes.Reverse())
        {
            if (!regions.TryGetValue(node, out var region))
                throw new InvalidOperationException($"nothing is made of '{node.Name}'");
            switch (node)
            {
                case ConvolutionNode convolution:
                    Need(convolution.Input, InputOf(convolution, region, size / convolution.Input.Reduction));
                    // Sums are made in place: both maps have the same pixels.
                    if (convolution.Added is { } added)
                    {
                        Need(added, MapRegion.Whole(size / added.Reduction));
                        if (region != MapRegion.Whole(size / node.Reduction))
                            throw new InvalidOperationException($"'{node.Name}' is a sum and not needed as a whole");
                    }

                    break;
                case MaxPoolNode pool:
                    Need(pool.Input, MapRegion.Whole(size / pool.Input.Reduction));
                    regions[pool] = MapRegion.Whole(size / pool.Reduction);
                    break;
                case UpsampleNode upsample:
                    Need(upsample.Below, MapRegion.Between(region.Row / 2, region.Column / 2, (region.Bottom + 1) / 2, (region.Right + 1) / 2));
                    foreach (var beside in upsample.Beside)
                        Need(beside, region);
                    break;
            }
        }

        return regions;

        void Need(MapNode node, MapRegion region)
        {
            // Sums and what several maps are made of are computed whole; only the chain of single steps behind the last of them is cut.
            var isSum = node is ConvolutionNode { Added: not null };
            var whole = MapRegion.Whole(size / node.Reduction);
            regions[node] = isSum || regions.ContainsKey(node) || node is InputNode ? whole : region;
        }
    }

    /// <summary>The part of its input that a convolution reads for a part of its output.</summary>
    public static MapRegion InputOf(ConvolutionNode node, MapRegion output, int inputSize)
    {
        var reach = ((node.Kernel - 1) * node.Dilation) + 1;
        return MapRegion.Between(
            From(output.Row),
            From(output.Column),
            To(output.Bottom),
            To(output.Right));

        int From(int first) => Math.Max(0, (first * node.Stride) - node.Padding);
        int To(int end) => Math.Min(inputSize, ((end - 1) * node.Stride) - node.Padding + reach);
    }
}
