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

        throw new FlairException($"model '{encoderDecoder}' is unknown{NearestName.Suggest(encoderDecoder, Names)}");
    }
}
