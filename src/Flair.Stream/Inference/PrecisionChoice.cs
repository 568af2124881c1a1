using Flair.Models;
using Flair.OneDnn;
using Flair.Settings;

namespace Flair.Inference;

/// <summary>Which arithmetic a run takes where its settings leave that open, and what runs it.</summary>
public static class PrecisionChoice
{
    /// <summary>The precision that <see cref="Precision.Auto"/> becomes; any other stays.</summary>
    /// <param name="asked">What the settings say.</param>
    /// <param name="device">The device that the run takes.</param>
    /// <param name="fused">Whether the network is fused (<see cref="IsFused"/>).</param>
    /// <exception cref="FlairException">The precision asked for cannot be had there.</exception>
    public static Precision Resolve(Precision asked, string device, bool fused)
    {
        NetworkOptimizer.Check(asked, device);
        if (asked != Precision.Auto)
            return asked;
        if (device != "cpu")
            return Precision.Fp16;
        return fused && OneDnnLibrary.HasBFloat16 ? Precision.Bf16 : Precision.Fp32;
    }

    /// <summary>Whether a model is run as a fused program (see ARCHITECTURE.md) rather than by libtorch: on the CPU, where oneDNN is there and the architecture can be written as a graph.</summary>
    public static bool IsFused(string architecture, LoadedModel model, string device)
    {
        if (device != "cpu" || !OneDnnLibrary.IsAvailable)
            return false;
        var (family, encoder) = ArchitectureRegistry.Parse(architecture);
        return family.CanBeFused(encoder, model.Channels, model.ClassCount);
    }
}
