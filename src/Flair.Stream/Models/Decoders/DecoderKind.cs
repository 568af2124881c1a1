using Flair.Models.Encoders;

namespace Flair.Models.Decoders;

/// <summary>A decoder of smp with the defaults it has there, and what it asks of the encoder and the head.</summary>
/// <param name="Name">As FLAIR-1 writes it, e.g. <c>unet</c>.</param>
/// <param name="Create">Makes it for an encoder's maps.</param>
internal sealed record DecoderKind(string Name, Func<Encoder, Decoder> Create)
{
    /// <summary>Whether it also takes MixVisionTransformers, which have no map of half the input's resolution.</summary>
    public bool TakesTransformers { get; init; }

    /// <summary>The input's resolution over that of the encoder's deepest map: 32, or 16 or 8 for an encoder that dilates instead of striding.</summary>
    public int OutputStride { get; init; } = 32;

    /// <summary>How many maps of the encoder are computed.</summary>
    public int Depth { get; init; } = 5;

    /// <summary>The side of the head's kernel.</summary>
    public int HeadKernel { get; init; } = 3;

    /// <summary>How often the decoder's map fits into the input.</summary>
    public int Upsampling { get; init; } = 1;

    /// <summary>How often the decoder halves the deepest of the encoder's maps again, which must leave a pixel of it.</summary>
    public int Halvings { get; init; }

    /// <summary>Heights and widths of an input that it takes.</summary>
    public InputSizes Sizes
    {
        get
        {
            var multiple = Math.Min(OutputStride, 1 << Depth);
            return new InputSizes(multiple, multiple << Halvings);
        }
    }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DecoderKind> All { get; } =
    [
        new("unet", encoder => new UnetDecoder(encoder)) { TakesTransformers = true },
        new("fpn", encoder => new FpnDecoder(encoder)) { TakesTransformers = true, HeadKernel = 1, Upsampling = 4 },
        new("deeplabv3", encoder => new DeepLabDecoder(encoder)) { OutputStride = 8, HeadKernel = 1, Upsampling = 8 },
        new("deeplabv3plus", encoder => new DeepLabPlusDecoder(encoder)) { OutputStride = 16, HeadKernel = 1, Upsampling = 4 },
        new("unetplusplus", encoder => new UnetPlusPlusDecoder(encoder)),
        new("linknet", encoder => new LinknetDecoder(encoder)) { HeadKernel = 1 },
        new("pspnet", encoder => new PspDecoder(encoder)) { Depth = 3, Upsampling = 8 },
        new("manet", encoder => new ManetDecoder(encoder)),
        new("pan", encoder => new PanDecoder(encoder)) { OutputStride = 16, Upsampling = 4, Halvings = 3 },
    ];
}
