using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>DeepLab's atrous spatial pyramid pooling (Chen et al. 2017) as smp has it: a map seen with four dilations and as a whole, side by side, then projected.</summary>
internal sealed class AtrousPyramid : UnaryLayer
{
    private const double DropProbability = 0.5;
    private static readonly int[] s_dilations = [12, 24, 36];

    private readonly UnaryLayer[] _branches;
    private readonly ConvolutionNormLayer _whole;
    private readonly ConvolutionNormLayer _projection;

    /// <param name="name">Its prefix in the state dict.</param>
    /// <param name="inputs">Channels that enter.</param>
    /// <param name="outputs">Channels of each view, and of the projection.</param>
    /// <param name="separable">Whether the dilated convolutions are separable.</param>
    public AtrousPyramid(string name, int inputs, int outputs, bool separable)
    {
        _branches =
        [
            new ConvolutionNormLayer($"{name}.convs.0.0", $"{name}.convs.0.1", inputs, outputs, kernel: 1),
            .. s_dilations.Select((dilation, i) => Dilated($"{name}.convs.{i + 1}", inputs, outputs, dilation, separable)),
        ];
        _whole = new($"{name}.convs.4.1", $"{name}.convs.4.2", inputs, outputs, kernel: 1);
        _projection = new($"{name}.project.0", $"{name}.project.1", (_branches.Length + 1) * outputs, outputs, kernel: 1);
    }

    public override IEnumerable<Layer> Children => [.. _branches, _whole, _projection];

    /// <summary>Writes it down: the projection as the sum of those of the views, each of which is then needed only for as long as it is added.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input)
    {
        var whole = _whole.Node(input);
        var views = _branches.Length * whole.Channels;
        MapNode sum = graph.Add(new ContextNode(input, $"{whole.Name}.context", grid: 1, [whole, _projection.Part(whole, views, added: null, last: false)]));
        for (var i = 0; i < _branches.Length; i++)
        {
            var view = _branches[i] is SeparableConvolutionNormLayer separable ? separable.Trace(graph, input) : ((ConvolutionNormLayer)_branches[i]).Trace(graph, input);
            sum = graph.Add(_projection.Part(view, i * whole.Channels, sum, last: i == _branches.Length - 1));
        }

        return sum;
    }

    public override Tensor Forward(Plan plan, Tensor input)
    {
        var views = new List<Tensor>();
        try
        {
            foreach (var branch in _branches)
                views.Add(branch.Forward(plan, input));
            using var mean = input.AdaptiveAvgPool2d(1, 1);
            using var whole = _whole.Forward(plan, mean);
            // One pixel, interpolated to the map's size.
            views.Add(whole.Expand(-1, -1, input.Shape[2], input.Shape[3]));
            using var x = new TensorSlot(Shaping.Cat(1, [.. views]));
            x.Put(_projection.Forward(plan, x.Value));
            if (plan.Training)
                x.Put(x.Value.Dropout(DropProbability));
            return x.Take();
        }
        finally
        {
            views.ForEach(view => view.Dispose());
        }
    }

    private static UnaryLayer Dilated(string name, int inputs, int outputs, int dilation, bool separable) => separable
        ? new SeparableConvolutionNormLayer($"{name}.0", $"{name}.1", inputs, outputs, dilation)
        : new ConvolutionNormLayer($"{name}.0", $"{name}.1", inputs, outputs, kernel: 3, dilation: dilation);
}
