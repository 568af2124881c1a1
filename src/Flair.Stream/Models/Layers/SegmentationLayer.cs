using Flair.Models.Decoders;
using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>A whole network of smp: encoder, decoder and segmentation head, and FLAIR-1's metadata encoder where it is asked for.</summary>
internal sealed class SegmentationLayer : NetworkLayer
{
    private readonly Encoder _encoder;
    private readonly Decoder _decoder;
    private readonly ConvolutionLayer _head;
    private readonly MetadataLayer? _metadata;
    private readonly int _channels;
    private readonly InputSizes _sizes;
    private readonly int _upsampling;

    public SegmentationLayer(Encoder encoder, DecoderKind kind, int channels, int classes, bool metadata)
    {
        _encoder = encoder;
        _decoder = kind.Create(encoder);
        _head = new("segmentation_head.0", _decoder.Outputs, classes, kind.HeadKernel);
        _metadata = metadata ? new MetadataLayer() : null;
        _channels = channels;
        _sizes = kind.Sizes;
        _upsampling = kind.Upsampling;
    }

    public override IEnumerable<Layer> Children => _metadata is null ? [_encoder, _decoder, _head] : [_encoder, _decoder, _head, _metadata];

    public override void Check(IReadOnlyList<long> input, IReadOnlyList<long>? metadata)
    {
        if (input is not [var count, var depth, var height, var width] || depth != _channels)
            throw new FlairException($"the network takes [n, {_channels}, h, w], not [{string.Join(", ", input)}]");
        if (!_sizes.Contains(height, width))
            throw new FlairException($"the network takes heights and widths that are {_sizes}, not {height} × {width}");
        if (_metadata is not null)
            MetadataLayer.Check(count, height, width, metadata);
        else if (metadata is not null)
            throw new FlairException("the network takes no metadata; make it with metadata, or leave them out");
    }

    public override Tensor Forward(Plan plan, Tensor input, Tensor? metadata)
    {
        using var maps = _encoder.Forward(plan, input);
        _metadata?.Forward(plan, maps, metadata!);
        using var x = new TensorSlot(_decoder.Forward(plan, maps));
        x.Put(_head.Forward(plan, x.Value));
        if (_upsampling > 1)
            x.Put(x.Value.UpsampleBilinear2d(_upsampling * x.Value.Shape[2], _upsampling * x.Value.Shape[3], alignCorners: true));
        return x.Take();
    }

    public override NetworkGraph? Trace()
    {
        var graph = new NetworkGraph(_channels);
        if (_metadata is not null || _decoder.Trace(graph, _encoder.Trace(graph)) is not { } map)
            return null;
        graph.Output = _head.Trace(graph, map);
        if (_upsampling > 1)
            graph.Output = graph.Add(new InterpolationNode(graph.Output, "segmentation_head.1", _upsampling));
        return graph;
    }
}
