using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>MA-Net's multi-scale fusion attention block as smp has it: a step up whose channels are weighed by both maps' means.</summary>
internal sealed class ManetFusion(string name, int inputs, int skipped, int outputs) : Layer
{
    private readonly ConvolutionNormLayer _spatial = new($"{name}.hl_conv.0.0", $"{name}.hl_conv.0.1", inputs, inputs, kernel: 3);
    private readonly ConvolutionNormLayer _narrow = new($"{name}.hl_conv.1.0", $"{name}.hl_conv.1.1", inputs, skipped, kernel: 1);
    private readonly SqueezeExcitation _weighSkip = new($"{name}.SE_ll", skipped);
    private readonly SqueezeExcitation _weighInput = new($"{name}.SE_hl", skipped);

    // Twice the skipped channels enter: those of the narrowed map, and those of the encoder's.
    private readonly UnetDecoderBlock _fusion = new(name, skipped, skipped, outputs);

    public override IEnumerable<Layer> Children => [_spatial, _narrow, _weighSkip, _weighInput, _fusion];

    /// <summary>Writes it down. A map's mean is that of the map at twice its resolution, so it can be weighed before.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input, MapNode skip)
    {
        var x = _narrow.Trace(graph, _spatial.Trace(graph, input));
        return _fusion.Trace(graph, graph.Add(new ChannelWeightNode(x, $"{name}.weighed", [_weighInput.Gate(x), _weighSkip.Gate(skip)])), [skip]);
    }

    /// <summary>Maps [n, inputs, h, w] and [n, skipped, 2h, 2w] to [n, outputs, 2h, 2w].</summary>
    public Tensor Forward(Plan plan, Tensor input, Tensor skip)
    {
        using var x = new TensorSlot(_spatial.Forward(plan, input));
        x.Put(_narrow.Forward(plan, x.Value));
        x.Put(x.Value.UpsampleNearest2d(2));
        using var byInput = _weighInput.Forward(plan, x.Value);
        using var bySkip = _weighSkip.Forward(plan, skip);
        using var weights = byInput.Add(bySkip);
        x.Put(x.Value.Mul(weights));
        x.Put(Shaping.Cat(1, x.Value, skip));
        _fusion.Forward(plan, x);
        return x.Take();
    }
}
