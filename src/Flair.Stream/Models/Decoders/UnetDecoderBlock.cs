using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>The convolutions of one step up, over the coarser map (already at this resolution) and the encoder's map beside it.</summary>
internal sealed class UnetDecoderBlock(string name, int inputs, int skipped, int outputs) : Layer
{
    private readonly ConvolutionNormLayer _first = new($"{name}.conv1.0", $"{name}.conv1.1", inputs + skipped, outputs, kernel: 3);
    private readonly ConvolutionNormLayer _second = new($"{name}.conv2.0", $"{name}.conv2.1", outputs, outputs, kernel: 3);

    public override IEnumerable<Layer> Children => [_first, _second];

    /// <summary>Replaces <paramref name="x"/>, [n, inputs + skipped, h, w], by [n, outputs, h, w].</summary>
    public void Forward(Plan plan, TensorSlot x)
    {
        x.Put(_first.Forward(plan, x.Value));
        x.Put(_second.Forward(plan, x.Value));
    }

    /// <summary>Writes it down, from the coarser map and those beside it.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode below, IReadOnlyList<MapNode> beside) =>
        _second.Trace(graph, _first.Trace(graph, graph.Add(new UpsampleNode($"{name}.upsample", below, beside))));
}
