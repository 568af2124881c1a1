namespace Flair.Models.Encoders;

/// <summary>The encoders by name.</summary>
internal static class EncoderCatalog
{
    /// <summary>The names of convolutional encoders, smallest first.</summary>
    public static IReadOnlyList<string> Convolutional { get; } = [.. ResNetVariant.All.Select(variant => variant.Name)];

    /// <summary>The names of transformers, smallest first.</summary>
    public static IReadOnlyList<string> Transformers { get; } = [.. MixTransformerVariant.All.Select(variant => variant.Name)];

    /// <summary>The encoder of that name, one of those above.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="channels">Channels that enter.</param>
    /// <param name="outputStride">The input's resolution over the deepest map's: 32, for a convolutional one also 16 or 8.</param>
    /// <param name="depth">How many maps it computes, for a transformer 5; the weights of all belong to it.</param>
    public static Encoder Create(string name, int channels, int outputStride, int depth) =>
        MixTransformerVariant.All.FirstOrDefault(variant => variant.Name == name) is { } transformer
            ? new MixTransformerEncoder("encoder", transformer, channels)
            : new ResNetEncoder("encoder", ResNetVariant.All.First(variant => variant.Name == name), channels, outputStride, depth);
}
