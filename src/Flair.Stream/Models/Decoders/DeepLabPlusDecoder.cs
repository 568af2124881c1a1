using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>DeepLabV3+'s decoder (Chen et al. 2018): the pyramid over the deepest map, brought to a quarter of the input's resolution and joined by the encoder's map there.</summary>
internal sealed class DeepLabPlusDecoder(Encoder encoder) : Decoder
{
    private const int Width = 256;
    private const int FineWidth = 48;

    // The map of a quarter of the input's resolution; the deepest has a sixteenth.
    private const int FineLevel = 1;
    private const int Upsampling = 4;

    private readonly AtrousPyramid _pyramid = new($"{Name}.aspp.0", encoder.Channels[^1], Width, separable: true);
    private readonly SeparableConvolutionNormLayer _afterPyramid = new($"{Name}.aspp.1", $"{Name}.aspp.2", Width, Width);
    private readonly ConvolutionNormLayer _fine = new($"{Name}.block1.0", $"{Name}.block1.1", encoder.Channels[FineLevel], FineWidth, kernel: 1);
    private readonly SeparableConvolutionNormLayer _fusion = new($"{Name}.block2.0", $"{Name}.block2.1", FineWidth + Width, Width);

    public override int Outputs => Width;

    public override IEnumerable<Layer> Children => [_pyramid, _afterPyramid, _fine, _fusion];

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps)
    {
        var x = _afterPyramid.Trace(graph, _pyramid.Trace(graph, maps[^1]!));
        x = graph.Add(new InterpolationNode(x, $"{Name}.up", Upsampling));
        return _fusion.Trace(graph, [x, _fine.Trace(graph, maps[FineLevel]!)]);
    }

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var deepest = maps.Take(maps.Count - 1);
        using var x = new TensorSlot(_pyramid.Forward(plan, deepest));
        x.Put(_afterPyramid.Forward(plan, x.Value));
        x.Put(x.Value.UpsampleBilinear2d(Upsampling * x.Value.Shape[2], Upsampling * x.Value.Shape[3], alignCorners: true));
        using var fineMap = maps.Take(FineLevel);
        using var fine = _fine.Forward(plan, fineMap);
        x.Put(Shaping.Cat(1, x.Value, fine));
        return _fusion.Forward(plan, x.Value);
    }
}
