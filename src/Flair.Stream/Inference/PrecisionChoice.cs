using Flair.Calibrating;
using Flair.Models;
using Flair.Models.Encoders;
using Flair.OneDnn;
using Flair.Settings;

namespace Flair.Inference;

/// <summary>Which arithmetic a run takes where its settings leave that open, and what runs it.</summary>
public static class PrecisionChoice
{
    /// <summary>Those for which <see cref="IsOfConvolutions"/> is true, in words.</summary>
    internal const string NetworksInBytes = "networks on a ResNet";

    /// <summary>The precision that <see cref="Precision.Auto"/> becomes; any other stays.</summary>
    /// <param name="asked">What the settings say.</param>
    /// <param name="device">The device that the run takes.</param>
    /// <param name="model">The model.</param>
    /// <param name="calibration">Its calibration; null where it has none.</param>
    /// <exception cref="FlairException">The precision asked for cannot be had there.</exception>
    public static Precision Resolve(Precision asked, string device, LoadedModel model, Calibration? calibration)
    {
        NetworkOptimizer.Check(asked, device);
        if (asked == Precision.Int8)
            CheckInt8(model, device, calibration);
        // Else the record would say bf16 of what single precision computed.
        if (asked == Precision.Bf16 && IsFused(model, device) && !OneDnnLibrary.HasBFloat16)
            throw new FlairException("precision bf16: this processor does not multiply bfloat16 (AVX-512 BF16 or AMX); take fp32 or auto");
        if (asked != Precision.Auto)
            return asked;
        if (device != "cpu")
            return Precision.Fp16;
        if (OneDnnLibrary.HasVnni && CouldBeAuto(Precision.Int8, device, model, calibration))
            return Precision.Int8;
        return CouldBeAuto(Precision.Bf16, device, model, calibration) ? Precision.Bf16 : Precision.Fp32;
    }

    /// <summary>
    /// Whether <see cref="Precision.Auto"/> could be <paramref name="precision"/> for a model on another processor, or before it had its calibration,
    /// and can be had here.
    /// </summary>
    internal static bool CouldBeAuto(Precision precision, string device, LoadedModel model, Calibration? calibration) => device == "cpu" && precision switch
    {
        Precision.Fp32 => true,
        // Transformers were never compared with trained weights.
        Precision.Bf16 => IsOfConvolutions(model, device) && OneDnnLibrary.HasBFloat16,
        Precision.Int8 => IsOfConvolutions(model, device) && OneDnnLibrary.HasInt8 && calibration is { IsGood: true },
        _ => false,
    };

    /// <summary>Whether a model is run as a fused program (see ARCHITECTURE.md) rather than by libtorch: on the CPU, where oneDNN is there and the architecture can be written as a graph.</summary>
    public static bool IsFused(LoadedModel model, string device)
    {
        ArgumentNullException.ThrowIfNull(model);
        return CanBeFused(model.Architecture, model.Channels, model.ClassCount, device);
    }

    /// <summary>The same of an architecture, with its input channels and logits a pixel.</summary>
    internal static bool CanBeFused(string architecture, int channels, int classes, string device)
    {
        if (device != "cpu" || !OneDnnLibrary.IsAvailable)
            return false;
        var (family, encoder) = ArchitectureRegistry.Parse(architecture);
        // Attention is written for AVX2, which HasInt8 stands for.
        return (IsConvolutional(encoder) || OneDnnLibrary.HasInt8) && family.CanBeFused(encoder, channels, classes);
    }

    /// <summary>Whether a model is fused, and of convolutions mostly: then it can be computed in bytes.</summary>
    internal static bool IsOfConvolutions(LoadedModel model, string device) => IsFused(model, device) && IsConvolutional(ArchitectureRegistry.Parse(model.Architecture).Encoder);

    private static bool IsConvolutional(string encoder) => EncoderCatalog.Convolutional.Contains(encoder, StringComparer.Ordinal);

    private static void CheckInt8(LoadedModel model, string device, Calibration? calibration)
    {
        if (!IsOfConvolutions(model, device))
            throw new FlairException($"precision int8: {model.Architecture} cannot be computed in it, {NetworksInBytes} can; take bf16 or fp32");
        if (!OneDnnLibrary.HasInt8)
            throw new FlairException("precision int8: this processor has no AVX2, it would be slower; take fp32");
        if (calibration is null)
            throw new FlairException("precision int8: the weights have no calibration; run ./flair calibrate with the same options first (a minute or two), or take bf16 or fp32");
    }
}
