using Flair.Models.Decoders;
using Flair.Settings;

namespace Flair.Models;

/// <summary>The networks that can be asked for by name. A new decoder is one line in <see cref="DecoderKind.All"/>.</summary>
public static class ArchitectureRegistry
{
    private static readonly IReadOnlyList<IArchitecture> s_architectures = [.. DecoderKind.All.Select(kind => new SegmentationArchitecture(kind))];

    /// <summary>Every valid name: encoder, underscore, decoder, e.g. <c>resnet34_unet</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. s_architectures.SelectMany(architecture => architecture.Encoders.Select(encoder => $"{encoder}_{architecture.Decoder}"))];

    /// <summary>All names in short: <c>{resnet18|resnet34|…}_{unet|fpn|…}, {mit_b0|…}_{unet|fpn}</c>.</summary>
    public static string Listing { get; } = string.Join(", ", s_architectures
        .SelectMany(architecture => architecture.Encoders.Select(encoder => (Encoder: encoder, architecture.Decoder)))
        .GroupBy(pair => pair.Encoder, pair => pair.Decoder)
        .GroupBy(decoders => string.Join('|', decoders), decoders => decoders.Key)
        .Select(encoders => $"{{{string.Join('|', encoders)}}}_{{{encoders.Key}}}"));

    /// <summary>The end of an error message about an unknown name: the nearest one, or all.</summary>
    public static string Suggest(string written) => NearestName.Hint(written, Names) is { Length: > 0 } hint ? hint : $"; valid: {Listing}";

    /// <summary>The network of that name. The decoder follows the last underscore, as encoders have some in theirs (<c>mit_b5_unet</c>).</summary>
    /// <exception cref="FlairException">There is none; the message names the nearest.</exception>
    public static (IArchitecture Architecture, string Encoder) Parse(string encoderDecoder)
    {
        ArgumentNullException.ThrowIfNull(encoderDecoder);
        var split = encoderDecoder.LastIndexOf('_');
        if (split > 0)
        {
            var encoder = encoderDecoder[..split];
            var decoder = encoderDecoder[(split + 1)..];
            foreach (var architecture in s_architectures)
            {
                if (architecture.Decoder == decoder && architecture.Supports(encoder))
                    return (architecture, encoder);
            }
        }

        throw new FlairException($"model '{encoderDecoder}' is unknown{Suggest(encoderDecoder)}");
    }
}
