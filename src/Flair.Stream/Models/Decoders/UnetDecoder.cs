using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>The U-Net's decoder (Ronneberger et al. 2015) as smp has it: from the deepest map up, each step beside the encoder's map of that resolution.</summary>
internal sealed class UnetDecoder : Decoder
{
    // smp's default widths, which FLAIR's models have.
    private static readonly int[] s_widths = [256, 128, 64, 32, 16];

    private readonly UnetDecoderBlock[] _blocks;

    public UnetDecoder(Encoder encoder)
    {
        _blocks = new UnetDecoderBlock[s_widths.Length];
        var inputs = encoder.Channels[^1];
        for (var i = 0; i < _blocks.Length; i++)
        {
            // The deepest map enters first, the others come back from fine to coarse; the last step up has none.
            var level = encoder.Channels.Count - 2 - i;
            _blocks[i] = new($"{Name}.blocks.{i}", inputs, level >= 0 ? encoder.Channels[level] : 0, s_widths[i]);
            inputs = s_widths[i];
        }
    }

    public override int Outputs => s_widths[^1];

    public override IEnumerable<Layer> Children => _blocks;

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var x = new TensorSlot(maps.Take(maps.Count - 1));
        for (var i = 0; i < _blocks.Length; i++)
        {
            x.Put(x.Value.UpsampleNearest2d(2));
            if (maps.Count - 2 - i is >= 0 and var level && maps.Has(level))
            {
                using var skip = maps.Take(level);
                x.Put(Shaping.Cat(1, x.Value, skip));
            }

            _blocks[i].Forward(plan, x);
        }

        return x.Take();
    }

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var x = maps[^1]!;
        for (var i = 0; i < _blocks.Length; i++)
            x = _blocks[i].Trace(graph, x, maps.Count - 2 - i is >= 0 and var level && maps[level] is { } beside ? [beside] : []);
        return x;
    }
}
