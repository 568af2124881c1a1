using Flair.Checkpoints;
using Flair.Models.Encoders;

namespace Flair.Models.Unet;

/// <summary>The U-Net of segmentation_models_pytorch 0.3.3 with its defaults (depth 5, batch normalization, no attention), on a ResNet.</summary>
internal sealed class UnetArchitecture : IArchitecture
{
    public string Decoder => "unet";

    public IReadOnlyList<string> Encoders { get; } = [.. ResNetVariant.All.Select(variant => variant.Name)];

    // Five halvings, each doubled again on the way up.
    public int SizeMultiple => 32;

    public bool Supports(string encoder) => Encoders.Contains(encoder, StringComparer.Ordinal);

    public IReadOnlyList<ParameterSpec> Describe(string encoder, int channels, int classes) => [.. Layers(encoder, channels, classes).Parameters];

    public INetwork Create(string encoder, int channels, int classes, StateDict weights) =>
        Network.Create(Layers(encoder, channels, classes), weights, channels, SizeMultiple);

    public ITrainableNetwork CreateTrainable(string encoder, int channels, int classes, StateDict weights, string device) =>
        new TrainableNetwork(Layers(encoder, channels, classes), weights, channels, SizeMultiple, device);

    private static UnetLayer Layers(string encoder, int channels, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        var variant = ResNetVariant.All.FirstOrDefault(known => known.Name == encoder)
            ?? throw new FlairException($"the U-Net has no encoder '{encoder}'; it takes {string.Join(", ", ResNetVariant.All.Select(known => known.Name))}");
        return new UnetLayer(new ResNetEncoder("encoder", variant, channels), classes);
    }
}
