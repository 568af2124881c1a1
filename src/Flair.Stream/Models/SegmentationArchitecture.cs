using Flair.Checkpoints;
using Flair.Models.Decoders;
using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;

namespace Flair.Models;

/// <summary>A decoder of segmentation_models_pytorch 0.3.3 with its defaults, on the encoders that it takes.</summary>
internal sealed class SegmentationArchitecture(DecoderKind kind) : IArchitecture
{
    // FLAIR-1 adds the metadata to a map of this fraction of the input's resolution.
    private const int MetadataStride = 32;

    public string Decoder => kind.Name;

    public IReadOnlyList<string> Encoders { get; } = kind.TakesTransformers ? [.. EncoderCatalog.Convolutional, .. EncoderCatalog.Transformers] : EncoderCatalog.Convolutional;

    public InputSizes Sizes => kind.Sizes;

    public bool Supports(string encoder) => Encoders.Contains(encoder, StringComparer.Ordinal);

    public IReadOnlyList<ParameterSpec> Describe(string encoder, int channels, int classes, bool metadata = false) =>
        [.. Layers(encoder, channels, classes, metadata).Parameters];

    public NetworkGraph? Trace(string encoder, int channels, int classes) => Computable(encoder, channels, classes, metadata: false).Trace();

    public INetwork Create(string encoder, int channels, int classes, StateDict weights, bool metadata = false) =>
        Network.Create(Computable(encoder, channels, classes, metadata), weights);

    public ITrainableNetwork CreateTrainable(string encoder, int channels, int classes, StateDict weights, string device, bool metadata = false) =>
        new TrainableNetwork(Computable(encoder, channels, classes, metadata), weights, device);

    private SegmentationLayer Computable(string encoder, int channels, int classes, bool metadata)
    {
        // Described for any number of channels all the same, so that weights can be compared with it.
        if (EncoderCatalog.Transformers.Contains(encoder, StringComparer.Ordinal) && channels != MixTransformerEncoder.InputChannels)
        {
            throw new FlairException(
                $"{encoder}_{kind.Name} takes {MixTransformerEncoder.InputChannels} channels, not {channels}: so it is in segmentation_models_pytorch 0.3.3; take 3 channels or a resnet");
        }

        return Layers(encoder, channels, classes, metadata);
    }

    private SegmentationLayer Layers(string name, int channels, int classes, bool metadata)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (!Supports(name))
            throw new FlairException($"{kind.Name} has no encoder '{name}'; it takes {string.Join(", ", Encoders)}");
        var encoder = EncoderCatalog.Create(name, channels, kind.OutputStride, kind.Depth);
        if (metadata && (kind.Sizes.Multiple != MetadataStride || encoder.Channels[^1] != MetadataLayer.MapChannels))
        {
            throw new FlairException(
                $"{name}_{kind.Name} takes no metadata: they are added to a deepest map of {MetadataLayer.MapChannels} channels and 1/{MetadataStride} of the resolution, "
                + $"its own has {encoder.Channels[^1]} and 1/{kind.Sizes.Multiple}; take resnet34_unet, or set use_metadata: False");
        }

        return new SegmentationLayer(encoder, kind, channels, classes, metadata);
    }
}
