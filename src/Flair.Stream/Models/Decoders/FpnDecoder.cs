using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>
/// The feature pyramid network's decoder (Kirillov et al. 2019) as smp has it: a pyramid of four maps from the deepest up, each brought
/// to a quarter of the input's resolution, then their sum.
/// </summary>
internal sealed class FpnDecoder : Decoder
{
    private const int PyramidWidth = 256;
    private const int Width = 128;
    private const double DropProbability = 0.2;

    // Coarsest first, of 1/32, 1/16, 1/8 and 1/4 of the input's resolution.
    private readonly ConvolutionLayer[] _lateral;
    private readonly FpnBranch[] _branches;

    public FpnDecoder(Encoder encoder)
    {
        _lateral = new ConvolutionLayer[4];
        _branches = new FpnBranch[_lateral.Length];
        for (var i = 0; i < _lateral.Length; i++)
        {
            _lateral[i] = new(i == 0 ? $"{Name}.p5" : $"{Name}.p{5 - i}.skip_conv", encoder.Channels[^(i + 1)], PyramidWidth, kernel: 1);
            _branches[i] = new($"{Name}.seg_blocks.{i}.block", PyramidWidth, Width, doublings: _lateral.Length - 1 - i);
        }
    }

    public override int Outputs => Width;

    public override IEnumerable<Layer> Children => [.. _lateral, .. _branches];

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var pyramid = new MapNode[_lateral.Length];
        for (var i = 0; i < pyramid.Length; i++)
            pyramid[i] = _lateral[i].Trace(graph, maps[^(i + 1)]!, i == 0 ? null : graph.Add(new UpsampleNode($"{Name}.p{6 - i}.upsample", pyramid[i - 1], [])));
        // The finest first: it needs no doubling, the others are added to it as theirs is made.
        MapNode? sum = null;
        for (var i = pyramid.Length - 1; i >= 0; i--)
            sum = _branches[i].Trace(graph, pyramid[i], sum);
        return sum!;
    }

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var pyramid = new TensorSlot();
        using var sum = new TensorSlot();
        for (var i = 0; i < _lateral.Length; i++)
        {
            using var map = maps.Take(maps.Count - 1 - i);
            var lateral = _lateral[i].Forward(plan, map);
            if (i == 0)
            {
                pyramid.Put(lateral);
                sum.Put(_branches[i].Forward(plan, pyramid.Value));
                continue;
            }

            using (lateral)
                pyramid.Put(pyramid.Value.UpsampleNearest2d(2).Add_(lateral));
            using var branch = _branches[i].Forward(plan, pyramid.Value);
            // The first branch ends in an interpolation, whose derivative does not need its result.
            sum.Value.Add_(branch);
        }

        if (plan.Training)
            sum.Put(sum.Value.ChannelDropout(DropProbability));
        return sum.Take();
    }
}
