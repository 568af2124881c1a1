using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>A stage of the Mix Vision Transformer: overlapping patches become tokens, which attend to each other, and a map again.</summary>
internal sealed class MixTransformerStage : UnaryLayer
{
    // What smp gives to the normalizations of its blocks and stages.
    internal const double Epsilon = 1e-6;

    private readonly MixTransformerBlock[] _blocks;
    private readonly LayerNormLayer _norm;

    /// <param name="name">The encoder's prefix in the state dict.</param>
    /// <param name="number">The stage's, from 1.</param>
    /// <param name="inputs">Channels that enter.</param>
    /// <param name="width">Channels of its tokens and of the map that leaves.</param>
    /// <param name="heads">Heads of its attention.</param>
    /// <param name="reduction">Sides of the squares of tokens that attention looks at as one.</param>
    /// <param name="dropProbabilities">Of each of its blocks, that training skips it.</param>
    public MixTransformerStage(string name, int number, int inputs, int width, int heads, int reduction, IReadOnlyList<double> dropProbabilities)
    {
        Embedding = new($"{name}.patch_embed{number}", inputs, width, kernel: number == 1 ? 7 : 3, stride: number == 1 ? 4 : 2);
        _blocks = [.. dropProbabilities.Select((probability, i) => new MixTransformerBlock($"{name}.block{number}.{i}", width, heads, reduction, probability))];
        _norm = new($"{name}.norm{number}", width, Epsilon);
    }

    /// <summary>Its patch embedding, which the state dict has elsewhere.</summary>
    public PatchEmbedding Embedding { get; }

    public override IEnumerable<Layer> Children => [.. _blocks, _norm];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input)
    {
        var x = Embedding.Trace(graph, input);
        foreach (var block in _blocks)
            x = block.Trace(graph, x);
        return _norm.Trace(graph, x);
    }

    public override Tensor Forward(Plan plan, Tensor input)
    {
        var (tokens, height, width) = Embedding.Forward(plan, input);
        using var x = new TensorSlot(tokens);
        foreach (var block in _blocks)
            x.Put(block.Forward(plan, x.Value, height, width));
        x.Put(_norm.Forward(plan, x.Value));
        return Tokens.ToMap(plan, x.Value, height, width);
    }
}
