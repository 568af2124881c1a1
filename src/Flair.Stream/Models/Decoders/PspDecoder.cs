using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>PSPNet's decoder (Zhao et al. 2017) as smp has it: the deepest map beside its means over grids of 1, 2, 3 and 6 cells a side.</summary>
internal sealed class PspDecoder : Decoder
{
    private const int Width = 512;
    private const double DropProbability = 0.2;
    private static readonly int[] s_grids = [1, 2, 3, 6];

    // Without a normalization where a map is one cell, which in training would be a batch of its own; its ReLU follows here.
    private readonly ConvolutionLayer _whole;
    private readonly ConvolutionNormLayer[] _parts;
    private readonly ConvolutionNormLayer _fusion;

    public PspDecoder(Encoder encoder)
    {
        var inputs = encoder.Channels[^1];
        var width = inputs / s_grids.Length;
        _whole = new($"{Name}.psp.blocks.0.pool.1.0", inputs, width, kernel: 1);
        _parts = [.. Enumerable.Range(1, s_grids.Length - 1).Select(i => new ConvolutionNormLayer($"{Name}.psp.blocks.{i}.pool.1.0", $"{Name}.psp.blocks.{i}.pool.1.1", inputs, width, kernel: 1))];
        _fusion = new($"{Name}.conv.0", $"{Name}.conv.1", 2 * inputs, Width, kernel: 1);
    }

    public override int Outputs => Width;

    public override IEnumerable<Layer> Children => [_whole, .. _parts, _fusion];

    /// <summary>
    /// Writes it down: the fusion as the sum of those of the views, each of which is computed on its grid, as interpolation and convolution can be exchanged.
    /// </summary>
    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var deepest = maps[^1]!;
        MapNode? sum = null;
        var first = 0;
        for (var i = 0; i < s_grids.Length; i++)
        {
            var view = i == 0 ? _whole.Node(deepest, relu: true) : _parts[i - 1].Node(deepest);
            sum = graph.Add(new ContextNode(deepest, $"{Name}.psp.blocks.{i}", s_grids[i], [view, _fusion.Part(view, first, sum, last: false)], sum));
            first += view.Channels;
        }

        return graph.Add(_fusion.Part(deepest, first, sum, last: true));
    }

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var deepest = maps.Take(maps.Count - 1);
        var views = new List<Tensor>();
        try
        {
            for (var i = 0; i < s_grids.Length; i++)
            {
                using var x = new TensorSlot(deepest.AdaptiveAvgPool2d(s_grids[i], s_grids[i]));
                x.Put(i == 0 ? _whole.Forward(plan, x.Value) : _parts[i - 1].Forward(plan, x.Value));
                if (i == 0)
                    x.Value.Relu_();
                views.Add(x.Value.UpsampleBilinear2d(deepest.Shape[2], deepest.Shape[3], alignCorners: true));
            }

            using var all = Shaping.Cat(1, [.. views, deepest]);
            using var fused = new TensorSlot(_fusion.Forward(plan, all));
            if (plan.Training)
                fused.Put(fused.Value.ChannelDropout(DropProbability));
            return fused.Take();
        }
        finally
        {
            views.ForEach(view => view.Dispose());
        }
    }
}
