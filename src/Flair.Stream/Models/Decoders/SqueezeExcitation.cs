using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>A weight in (0, 1) for each channel from the channels' means (Hu et al. 2018), as smp's MA-Net has it.</summary>
internal sealed class SqueezeExcitation(string name, int channels) : UnaryLayer
{
    private const int Reduction = 16;

    private readonly ConvolutionLayer _squeeze = new($"{name}.1", channels, Math.Max(1, channels / Reduction), kernel: 1);
    private readonly ConvolutionLayer _excite = new($"{name}.3", Math.Max(1, channels / Reduction), channels, kernel: 1);

    public override IEnumerable<Layer> Children => [_squeeze, _excite];

    /// <summary>Makes the gate of a map.</summary>
    public ChannelGate Gate(MapNode input)
    {
        var squeezed = _squeeze.Node(input, relu: true);
        return new(input, [squeezed, _excite.Node(squeezed, relu: false)]);
    }

    /// <summary>Maps [n, channels, h, w] to weights [n, channels, 1, 1].</summary>
    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var x = new TensorSlot(input.AdaptiveAvgPool2d(1, 1));
        x.Put(_squeeze.Forward(plan, x.Value));
        x.Value.Relu_();
        x.Put(_excite.Forward(plan, x.Value));
        return x.Value.Sigmoid();
    }
}
