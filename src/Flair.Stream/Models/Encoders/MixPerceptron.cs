using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>The perceptron of the Mix Vision Transformer: four times as wide inside, with a 3×3 convolution of each channel that tells a token its place.</summary>
internal sealed class MixPerceptron(string name, int width) : Layer
{
    private const int Ratio = 4;

    private readonly LinearLayer _widen = new($"{name}.fc1", width, Ratio * width);
    private readonly ConvolutionLayer _convolution = new($"{name}.dwconv.dwconv", Ratio * width, Ratio * width, kernel: 3, groups: Ratio * width);
    private readonly LinearLayer _narrow = new($"{name}.fc2", Ratio * width, width);

    public override IEnumerable<Layer> Children => [_widen, _convolution, _narrow];

    /// <summary>Writes it down, with what it is added to.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input, MapNode added) =>
        _narrow.Trace(graph, _convolution.TraceDepthwise(graph, _widen.Trace(graph, input), gelu: true), added);

    /// <summary>Maps tokens [n, rows · columns, width] to such.</summary>
    public Tensor Forward(Plan plan, Tensor input, long rows, long columns)
    {
        using var x = new TensorSlot(_widen.Forward(plan, input));
        x.Put(Tokens.ToMap(plan, x.Value, rows, columns));
        x.Put(_convolution.Forward(plan, x.Value));
        x.Put(Tokens.Of(x.Value));
        x.Put(x.Value.Gelu());
        return _narrow.Forward(plan, x.Value);
    }
}
