using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>DeepLabV3's decoder (Chen et al. 2017): the pyramid over the deepest map, and a convolution.</summary>
internal sealed class DeepLabDecoder(Encoder encoder) : Decoder
{
    private const int Width = 256;

    private readonly AtrousPyramid _pyramid = new($"{Name}.0", encoder.Channels[^1], Width, separable: false);
    private readonly ConvolutionNormLayer _convolution = new($"{Name}.1", $"{Name}.2", Width, Width, kernel: 3);

    public override int Outputs => Width;

    public override IEnumerable<Layer> Children => [_pyramid, _convolution];

    public override MapNode Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps) => _convolution.Trace(graph, _pyramid.Trace(graph, maps[^1]!));

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var deepest = maps.Take(maps.Count - 1);
        using var x = _pyramid.Forward(plan, deepest);
        return _convolution.Forward(plan, x);
    }
}
