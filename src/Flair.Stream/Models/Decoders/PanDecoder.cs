using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>The pyramid attention network's decoder (Li et al. 2018) as smp has it: attention over the deepest map, then finer maps weighed by coarser ones.</summary>
internal sealed class PanDecoder(Encoder encoder) : Decoder
{
    private const int Width = 32;

    private readonly PyramidAttention _attention = new($"{Name}.fpa", encoder.Channels[^1], Width);

    // From coarse to fine.
    private readonly PanUpsampling[] _steps =
        [.. Enumerable.Range(0, 3).Select(i => new PanUpsampling($"{Name}.gau{3 - i}", encoder.Channels[^(i + 2)], Width))];

    public override int Outputs => Width;

    public override IEnumerable<Layer> Children => [_attention, .. _steps];

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var x = _attention.Trace(graph, maps[^1]!);
        for (var i = 0; i < _steps.Length; i++)
            x = _steps[i].Trace(graph, maps[maps.Count - 2 - i]!, x);
        return x;
    }

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var deepest = maps.Take(maps.Count - 1);
        using var x = new TensorSlot(_attention.Forward(plan, deepest));
        for (var i = 0; i < _steps.Length; i++)
        {
            using var fine = maps.Take(maps.Count - 2 - i);
            x.Put(_steps[i].Forward(plan, fine, x.Value));
        }

        return x.Take();
    }
}
