using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>A transformer block of the Mix Vision Transformer: attention and a perceptron, each over normalized tokens and added to them.</summary>
internal sealed class MixTransformerBlock(string name, int width, int heads, int reduction, double dropProbability) : Layer
{
    private readonly LayerNormLayer _norm1 = new($"{name}.norm1", width, MixTransformerStage.Epsilon);
    private readonly EfficientAttention _attention = new($"{name}.attn", width, heads, reduction);
    private readonly LayerNormLayer _norm2 = new($"{name}.norm2", width, MixTransformerStage.Epsilon);
    private readonly MixPerceptron _perceptron = new($"{name}.mlp", width);

    public override IEnumerable<Layer> Children => [_norm1, _attention, _norm2, _perceptron];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input)
    {
        var middle = _attention.Trace(graph, _norm1.Trace(graph, input), input);
        return _perceptron.Trace(graph, _norm2.Trace(graph, middle), middle);
    }

    /// <summary>Maps tokens [n, rows · columns, width] to such.</summary>
    public Tensor Forward(Plan plan, Tensor input, long rows, long columns)
    {
        using var x = new TensorSlot(_norm1.Forward(plan, input));
        x.Put(_attention.Forward(plan, x.Value, rows, columns));
        x.Put(Drop(plan, x.Value));
        using var middle = input.Add(x.Value);
        x.Put(_norm2.Forward(plan, middle));
        x.Put(_perceptron.Forward(plan, x.Value, rows, columns));
        x.Put(Drop(plan, x.Value));
        return middle.Add(x.Value);
    }

    /// <summary>Stochastic depth (Huang et al. 2016): in training, all of a sample is 0 with the block's probability, else divided by what remains.</summary>
    private Tensor Drop(Plan plan, Tensor x)
    {
        if (!plan.Training || dropProbability == 0)
            return x;
        using var ones = Creation.Full([x.Shape[0], 1, 1], 1, plan.Type, plan.Device);
        using var kept = ones.Dropout(dropProbability);
        return x.Mul(kept);
    }
}
