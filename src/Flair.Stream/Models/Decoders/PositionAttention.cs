using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>MA-Net's position-wise attention block as smp has it. Its memory grows with the square of the map's area.</summary>
internal sealed class PositionAttention(string name, int channels) : UnaryLayer
{
    private const int Width = 64;

    private readonly ConvolutionLayer _top = new($"{name}.top_conv", channels, Width, kernel: 1);
    private readonly ConvolutionLayer _centre = new($"{name}.center_conv", channels, Width, kernel: 1);
    private readonly ConvolutionLayer _bottom = new($"{name}.bottom_conv", channels, channels, kernel: 3);
    private readonly ConvolutionLayer _output = new($"{name}.out_conv", channels, channels, kernel: 3);

    public override IEnumerable<Layer> Children => [_top, _centre, _bottom, _output];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input)
    {
        var (top, centre, bottom) = (_top.Trace(graph, input), _centre.Trace(graph, input), _bottom.Trace(graph, input));
        return _output.Trace(graph, graph.Add(new PositionAttentionNode(name, input, centre, top, bottom)));
    }

    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var top = Flat(_top, plan, input);
        using var centre = Flat(_centre, plan, input);
        using var bottom = Flat(_bottom, plan, input);
        using var rows = centre.Transpose(1, 2);
        using var x = new TensorSlot(rows.MatMul(top));
        var (count, area) = (x.Value.Shape[0], x.Value.Shape[1]);
        // smp's softmax is over all pairs of positions, not over one position's.
        x.Put(x.Value.Reshape(count, area * area));
        x.Put(x.Value.Softmax(1));
        x.Put(x.Value.Reshape(count, area, area));
        using var values = bottom.Transpose(1, 2);
        x.Put(x.Value.MatMul(values));
        // smp takes [n, positions, channels] for [n, channels, h, w] without exchanging them; trained weights know nothing else.
        x.Put(x.Value.Reshape([.. input.Shape]));
        x.Put(x.Value.Contiguous(plan.Format));
        x.Put(input.Add(x.Value));
        return _output.Forward(plan, x.Value);
    }

    /// <summary>[n, channels, positions].</summary>
    private static Tensor Flat(ConvolutionLayer layer, Plan plan, Tensor input)
    {
        using var map = layer.Forward(plan, input);
        return map.Flatten(2);
    }
}
