using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>PAN's feature pyramid attention: the map weighed by one channel that sees it at a half, a quarter and an eighth of its resolution, plus its mean.</summary>
internal sealed class PyramidAttention : UnaryLayer
{
    private const int Smallest = 8;

    private readonly string _name;
    private readonly ConvolutionNormLayer _whole;
    private readonly ConvolutionNormLayer _middle;
    private readonly ConvolutionNormLayer _half;
    private readonly ConvolutionNormLayer _quarter;
    private readonly ConvolutionNormLayer[] _eighth;
    private readonly ConvolutionNormLayer _fromQuarter;
    private readonly ConvolutionNormLayer _fromHalf;

    /// <param name="name">Its prefix in the state dict.</param>
    /// <param name="inputs">Channels that enter.</param>
    /// <param name="outputs">Channels that leave.</param>
    public PyramidAttention(string name, int inputs, int outputs)
    {
        _name = name;
        _whole = Unit($"{name}.branch1.1", inputs, outputs, kernel: 1);
        _middle = Unit($"{name}.mid.0", inputs, outputs, kernel: 1);
        _half = Unit($"{name}.down1.1", inputs, 1, kernel: 7);
        _quarter = Unit($"{name}.down2.1", 1, 1, kernel: 5);
        _eighth = [Unit($"{name}.down3.1", 1, 1, kernel: 3), Unit($"{name}.down3.2", 1, 1, kernel: 3)];
        _fromQuarter = Unit($"{name}.conv2", 1, 1, kernel: 5);
        _fromHalf = Unit($"{name}.conv1", 1, 1, kernel: 7);
    }

    public override IEnumerable<Layer> Children => [_whole, _middle, _half, _quarter, .. _eighth, _fromQuarter, _fromHalf];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input)
    {
        var half = Halve(_half, input);
        var quarter = Halve(_quarter, half);
        var x = _eighth[1].Trace(graph, Halve(_eighth[0], quarter));
        x = Enlarge("up3", x, _fromQuarter.Trace(graph, quarter));
        x = Enlarge("up2", x, _fromHalf.Trace(graph, half));
        x = Enlarge("up1", x, added: null);
        x = graph.Add(new PixelWeightNode(_middle.Trace(graph, input), $"{_name}.weighed", x));
        return graph.Add(new ContextNode(input, _name, grid: 1, [_whole.Node(input)], x));

        MapNode Halve(ConvolutionNormLayer layer, MapNode map) => layer.Trace(graph, graph.Add(new MaxPoolNode(map, kernel: 2)));

        MapNode Enlarge(string step, MapNode map, MapNode? added) => graph.Add(new InterpolationNode(map, $"{_name}.{step}", factor: 2, added));
    }

    public override Tensor Forward(Plan plan, Tensor input)
    {
        var (height, width) = (input.Shape[2], input.Shape[3]);
        if (height < Smallest || width < Smallest)
            throw new FlairException($"pan halves the deepest map three times, which must be {Smallest} × {Smallest} or more, not {height} × {width}; take larger patches");
        using var mean = input.AdaptiveAvgPool2d(1, 1);
        using var whole = _whole.Forward(plan, mean);
        using var half = Halve(_half, plan, input);
        using var quarter = Halve(_quarter, plan, half);
        using var x = new TensorSlot(Halve(_eighth[0], plan, quarter));
        x.Put(_eighth[1].Forward(plan, x.Value));
        x.Put(Enlarge(x.Value, height / 4, width / 4));
        using var fromQuarter = _fromQuarter.Forward(plan, quarter);
        x.Put(fromQuarter.Add(x.Value));
        x.Put(Enlarge(x.Value, height / 2, width / 2));
        using var fromHalf = _fromHalf.Forward(plan, half);
        x.Put(x.Value.Add(fromHalf));
        x.Put(Enlarge(x.Value, height, width));
        using var middle = _middle.Forward(plan, input);
        x.Put(x.Value.Mul(middle));
        // The mean, one pixel interpolated to the map's size, is the same everywhere.
        return x.Value.Add(whole);
    }

    private static Tensor Halve(ConvolutionNormLayer layer, Plan plan, Tensor input)
    {
        using var pooled = input.MaxPool2d(size: 2, stride: 2);
        return layer.Forward(plan, pooled);
    }

    private static Tensor Enlarge(Tensor input, long height, long width) => input.UpsampleBilinear2d(height, width, alignCorners: true);

    private static ConvolutionNormLayer Unit(string name, int inputs, int outputs, int kernel) =>
        new($"{name}.conv", $"{name}.bn", inputs, outputs, kernel, bias: true);
}
