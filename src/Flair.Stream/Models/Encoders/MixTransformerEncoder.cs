using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>
/// SegFormer's encoder, the Mix Vision Transformer (Xie et al. 2021), as smp 0.3.3 uses it: four stages at 1/4, 1/8, 1/16 and 1/32 of the
/// input's resolution. There is no map of 1/2.
/// </summary>
internal sealed class MixTransformerEncoder : Encoder
{
    /// <summary>Channels that smp lets in.</summary>
    public const int InputChannels = 3;

    private const double LastDropProbability = 0.1;
    private static readonly int[] s_heads = [1, 2, 5, 8];
    private static readonly int[] s_reductions = [8, 4, 2, 1];

    private readonly MixTransformerStage[] _stages;

    public MixTransformerEncoder(string name, MixTransformerVariant variant, int channels)
    {
        _stages = new MixTransformerStage[variant.Widths.Count];
        var inputs = channels;
        var block = 0;
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            // The deeper a block, the likelier training skips it: from never up to the last one's probability.
            var probabilities = Enumerable.Range(block, variant.Blocks[stage]).Select(i => LastDropProbability * i / (variant.Blocks.Sum() - 1));
            _stages[stage] = new(name, stage + 1, inputs, variant.Widths[stage], s_heads[stage], s_reductions[stage], [.. probabilities]);
            inputs = variant.Widths[stage];
            block += variant.Blocks[stage];
        }

        Channels = [0, .. variant.Widths];
    }

    public override IReadOnlyList<int> Channels { get; }

    // The state dict has all embeddings first.
    public override IEnumerable<Layer> Children => [.. _stages.Select(stage => stage.Embedding), .. _stages];

    public override IReadOnlyList<MapNode?> Trace(NetworkGraph graph)
    {
        var maps = new List<MapNode?> { null };
        MapNode last = graph.Input;
        foreach (var stage in _stages)
            maps.Add(last = stage.Trace(graph, last));
        return maps;
    }

    public override FeatureMaps Forward(Plan plan, Tensor input)
    {
        var maps = new FeatureMaps();
        try
        {
            maps.AddNone();
            var last = input;
            foreach (var stage in _stages)
                last = maps.Add(stage.Forward(plan, last));
            return maps;
        }
        catch
        {
            maps.Dispose();
            throw;
        }
    }
}
