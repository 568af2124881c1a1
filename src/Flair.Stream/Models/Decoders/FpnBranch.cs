using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>Brings a map of the pyramid to the finest one's resolution: convolution, group normalization, ReLU and doubling, as often as it takes.</summary>
/// <param name="name">Its prefix in the state dict.</param>
/// <param name="inputs">Channels that enter.</param>
/// <param name="outputs">Channels that leave.</param>
/// <param name="doublings">How often the resolution is doubled; where it is not, there is one convolution all the same.</param>
internal sealed class FpnBranch(string name, int inputs, int outputs, int doublings) : Layer
{
    private const int Groups = 32;

    private readonly ConvolutionLayer[] _convolutions =
        [.. Enumerable.Range(0, Math.Max(1, doublings)).Select(i => new ConvolutionLayer($"{name}.{i}.block.0", i == 0 ? inputs : outputs, outputs, kernel: 3, bias: false))];

    private readonly GroupNormLayer[] _norms =
        [.. Enumerable.Range(0, Math.Max(1, doublings)).Select(i => new GroupNormLayer($"{name}.{i}.block.1", Groups, outputs))];

    public override IEnumerable<Layer> Children => _convolutions.Zip(_norms).SelectMany(step => new Layer[] { step.First, step.Second });

    /// <summary>Writes it down.</summary>
    /// <param name="graph">Takes it.</param>
    /// <param name="input">The map of the pyramid.</param>
    /// <param name="added">What the last doubling is added to; null: nothing.</param>
    public MapNode Trace(NetworkGraph graph, MapNode input, MapNode? added = null)
    {
        var x = input;
        for (var i = 0; i < _convolutions.Length; i++)
        {
            x = _norms[i].Trace(graph, _convolutions[i].Trace(graph, x));
            if (doublings > 0)
                x = graph.Add(new InterpolationNode(x, $"{name}.{i}.upsample", factor: 2, i == doublings - 1 ? added : null));
        }

        return x;
    }

    public Tensor Forward(Plan plan, Tensor input)
    {
        using var x = new TensorSlot();
        for (var i = 0; i < _convolutions.Length; i++)
        {
            x.Put(_convolutions[i].Forward(plan, i == 0 ? input : x.Value));
            x.Put(_norms[i].Forward(plan, x.Value));
            x.Value.Relu_();
            if (doublings > 0)
                x.Put(x.Value.UpsampleBilinear2d(2 * x.Value.Shape[2], 2 * x.Value.Shape[3], alignCorners: true));
        }

        return x.Take();
    }
}
