using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>LinkNet's step up: to a quarter of the channels, to twice the resolution, and to as many channels as leave.</summary>
internal sealed class LinknetBlock(string name, int inputs, int outputs) : UnaryLayer
{
    private readonly ConvolutionNormLayer _narrow = new($"{name}.block.0.0", $"{name}.block.0.1", inputs, inputs / 4, kernel: 1);
    private readonly TransposedConvolutionNormLayer _double = new($"{name}.block.1.0", $"{name}.block.1.1", inputs / 4, inputs / 4);
    private readonly ConvolutionNormLayer _widen = new($"{name}.block.2.0", $"{name}.block.2.1", inputs / 4, outputs, kernel: 1);

    public override IEnumerable<Layer> Children => [_narrow, _double, _widen];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input) => _widen.Trace(graph, _double.Trace(graph, _narrow.Trace(graph, input)));

    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var x = new TensorSlot(_narrow.Forward(plan, input));
        x.Put(_double.Forward(plan, x.Value));
        x.Put(_widen.Forward(plan, x.Value));
        return x.Take();
    }
}
