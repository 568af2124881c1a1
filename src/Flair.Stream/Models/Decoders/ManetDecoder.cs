using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>MA-Net's decoder (Fan et al. 2020) as smp has it: attention between the positions of the deepest map, then steps up that weigh channels.</summary>
internal sealed class ManetDecoder : Decoder
{
    private static readonly int[] s_widths = [256, 128, 64, 32, 16];

    private readonly PositionAttention _centre;
    private readonly ManetFusion[] _blocks;
    private readonly UnetDecoderBlock _last;

    public ManetDecoder(Encoder encoder)
    {
        _centre = new($"{Name}.center", encoder.Channels[^1]);
        _blocks = new ManetFusion[encoder.Channels.Count - 1];
        var inputs = encoder.Channels[^1];
        for (var i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new($"{Name}.blocks.{i}", inputs, encoder.Channels[^(i + 2)], s_widths[i]);
            inputs = s_widths[i];
        }

        _last = new($"{Name}.blocks.{_blocks.Length}", inputs, 0, s_widths[^1]);
    }

    public override int Outputs => s_widths[^1];

    public override IEnumerable<Layer> Children => [_centre, .. _blocks, _last];

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var x = _centre.Trace(graph, maps[^1]!);
        for (var i = 0; i < _blocks.Length; i++)
            x = _blocks[i].Trace(graph, x, maps[maps.Count - 2 - i]!);
        return _last.Trace(graph, x, []);
    }

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var x = new TensorSlot(maps.Take(maps.Count - 1));
        x.Put(_centre.Forward(plan, x.Value));
        for (var i = 0; i < _blocks.Length; i++)
        {
            using var skip = maps.Take(maps.Count - 2 - i);
            x.Put(_blocks[i].Forward(plan, x.Value, skip));
        }

        x.Put(x.Value.UpsampleNearest2d(2));
        _last.Forward(plan, x);
        return x.Take();
    }
}
