namespace Flair.Models.Encoders;

/// <summary>The encoders by name.</summary>
internal static class EncoderCatalog
{
    /// <summary>The names of convolutional encoders, smallest first.</summary>
    public static IReadOnlyList<string> Convolutional { get; } = [.. ResNetVariant.All.Select(variant => variant.Name)];

    /// <summary>The encoder of that name, one of those above.</summary>
    /// <param name="name">Its name, which is among those above.</param>
    /// <param name="channels">Channels that enter.</param>
    /// <param name="outputStride">The input's resolution over the deepest map's: 32, 16 or 8.</param>
    /// <param name="depth">How many maps it computes; the weights of all belong to it.</param>
    public static Encoder Create(string name, int channels, int outputStride, int depth) =>
        new ResNetEncoder("encoder", ResNetVariant.All.First(variant => variant.Name == name), channels, outputStride, depth);
}
