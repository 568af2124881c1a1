using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>
/// U-Net++ (Zhou et al. 2018) as smp has it: steps up from every map of the encoder, each beside all that earlier ones made of its resolution.
/// Node <c>x_d_l</c> starts from map d, counted from the deepest, and is of the resolution above map l.
/// </summary>
internal sealed class UnetPlusPlusDecoder : Decoder
{
    private static readonly int[] s_widths = [256, 128, 64, 32, 16];

    private readonly OrderedDictionary<(int Start, int Level), UnetDecoderBlock> _blocks = [];
    private readonly int _last = s_widths.Length - 1;

    public UnetPlusPlusDecoder(Encoder encoder)
    {
        // Of the map beside the nodes of a level.
        int[] skipped = [.. encoder.Channels.Reverse().Skip(1)];
        for (var level = 0; level < _last; level++)
        {
            for (var start = 0; start <= level; start++)
            {
                var inputs = level == 0 ? encoder.Channels[^1] : start == 0 ? s_widths[level - 1] : skipped[level - 1];
                Add(start, level, inputs, skipped[level] * (level + 1 - start), start == 0 ? s_widths[level] : skipped[level]);
            }
        }

        Add(0, _last, s_widths[_last - 1], 0, s_widths[_last]);
    }

    public override int Outputs => s_widths[^1];

    public override IEnumerable<Layer> Children => _blocks.Values;

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        var nodes = new Dictionary<(int Start, int Level), Tensor>();
        try
        {
            for (var length = 0; length < _last; length++)
            {
                for (var start = 0; start + length < _last; start++)
                {
                    var level = start + length;
                    var below = length == 0 ? maps[maps.Count - 1 - start] : nodes[(start, level - 1)];
                    var beside = Enumerable.Range(start + 1, length).Select(other => nodes[(other, level)]);
                    nodes.Add((start, level), Step(plan, start, level, below, [.. beside, maps[maps.Count - 2 - level]]));
                }
            }

            return Step(plan, 0, _last, nodes[(0, _last - 1)], []);
        }
        finally
        {
            foreach (var node in nodes.Values)
                node.Dispose();
        }
    }

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var nodes = new Dictionary<(int Start, int Level), MapNode>();
        for (var length = 0; length < _last; length++)
        {
            for (var start = 0; start + length < _last; start++)
            {
                var level = start + length;
                var below = length == 0 ? maps[maps.Count - 1 - start]! : nodes[(start, level - 1)];
                var beside = Enumerable.Range(start + 1, length).Select(other => nodes[(other, level)]);
                nodes.Add((start, level), _blocks[(start, level)].Trace(graph, below, [.. beside, maps[maps.Count - 2 - level]!]));
            }
        }

        return _blocks[(0, _last)].Trace(graph, nodes[(0, _last - 1)], []);
    }

    private Tensor Step(Plan plan, int start, int level, Tensor below, Tensor[] beside)
    {
        using var x = new TensorSlot(below.UpsampleNearest2d(2));
        if (beside.Length > 0)
            x.Put(Shaping.Cat(1, [x.Value, .. beside]));
        _blocks[(start, level)].Forward(plan, x);
        return x.Take();
    }

    private void Add(int start, int level, int inputs, int skipped, int outputs) =>
        _blocks.Add((start, level), new($"{Name}.blocks.x_{start}_{level}", inputs, skipped, outputs));
}
