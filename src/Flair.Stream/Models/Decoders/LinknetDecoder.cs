using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>LinkNet's decoder (Chaurasia, Culurciello 2017) as smp has it: steps up through a quarter of the channels, each added to the encoder's map of its resolution.</summary>
internal sealed class LinknetDecoder : Decoder
{
    private const int Width = 32;

    private readonly LinknetBlock[] _blocks;

    public LinknetDecoder(Encoder encoder)
    {
        int[] widths = [.. encoder.Channels.Reverse(), Width];
        _blocks = [.. Enumerable.Range(0, encoder.Channels.Count).Select(i => new LinknetBlock($"{Name}.blocks.{i}", widths[i], widths[i + 1]))];
    }

    public override int Outputs => Width;

    public override IEnumerable<Layer> Children => _blocks;

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var x = new TensorSlot(maps.Take(maps.Count - 1));
        for (var i = 0; i < _blocks.Length; i++)
        {
            x.Put(_blocks[i].Forward(plan, x.Value));
            if (i > maps.Count - 2)
                continue;
            using var skip = maps.Take(maps.Count - 2 - i);
            x.Put(x.Value.Add(skip));
        }

        return x.Take();
    }

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var x = maps[^1]!;
        for (var i = 0; i < _blocks.Length; i++)
        {
            x = _blocks[i].Trace(graph, x);
            if (i <= maps.Count - 2)
                x = graph.Add(new SumNode(x, $"{Name}.blocks.{i}.sum", maps[maps.Count - 2 - i]!));
        }

        return x;
    }
}
