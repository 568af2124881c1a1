using Flair.Checkpoints;
using Flair.Models.Graphs;

namespace Flair.Models;

/// <summary>A family of networks: one decoder on any of several encoders.</summary>
public interface IArchitecture
{
    /// <summary>The decoder's name as FLAIR-1 writes it after the last underscore, e.g. <c>unet</c>.</summary>
    string Decoder { get; }

    /// <summary>The encoders it takes, smallest first.</summary>
    IReadOnlyList<string> Encoders { get; }

    /// <summary>Heights and widths of an input that its networks take.</summary>
    InputSizes Sizes { get; }

    /// <summary>Whether it takes that encoder.</summary>
    bool Supports(string encoder);

    /// <summary>Names, shapes and types of the state dict, in PyTorch's order. Nothing is computed and libtorch is not loaded.</summary>
    /// <param name="encoder">One of <see cref="Encoders"/>.</param>
    /// <param name="channels">Input channels, 1 or more.</param>
    /// <param name="classes">Logits a pixel, 1 or more.</param>
    /// <param name="metadata">Whether FLAIR-1's encoder of the 45 aerial metadata is part of it, as <c>enc.enc_mlp.…</c> at the end.</param>
    /// <exception cref="FlairException">The encoder is unknown, or takes no metadata.</exception>
    IReadOnlyList<ParameterSpec> Describe(string encoder, int channels, int classes, bool metadata = false);

    /// <summary>Whether its networks can be run as fused programs (see ARCHITECTURE.md). libtorch is not loaded.</summary>
    /// <param name="encoder">One of <see cref="Encoders"/>.</param>
    /// <param name="channels">Input channels, 1 or more.</param>
    /// <param name="classes">Logits a pixel, 1 or more.</param>
    bool CanBeFused(string encoder, int channels, int classes) => Trace(encoder, channels, classes) is not null;

    /// <summary>Its network as a graph; null where a graph has no nodes for it.</summary>
    internal NetworkGraph? Trace(string encoder, int channels, int classes);

    /// <summary>
    /// The network in single precision on the CPU, computing what PyTorch does layer by layer. Weights stored in another floating-point
    /// type are converted, as PyTorch's <c>load_state_dict</c> does. For speed see <see cref="NetworkOptimizer"/>.
    /// </summary>
    /// <param name="encoder">One of <see cref="Encoders"/>.</param>
    /// <param name="channels">Input channels, 1 or more.</param>
    /// <param name="classes">Logits a pixel, 1 or more.</param>
    /// <param name="weights">The weights; they stay as they are.</param>
    /// <param name="metadata">As for <see cref="Describe"/>; then <see cref="INetwork.Forward"/> wants them.</param>
    /// <exception cref="FlairException">The encoder is unknown or takes no metadata, a weight is missing or has another shape.</exception>
    INetwork Create(string encoder, int channels, int classes, StateDict weights, bool metadata = false);

    /// <summary>The network ready to be trained, in single precision.</summary>
    /// <param name="encoder">One of <see cref="Encoders"/>.</param>
    /// <param name="channels">Input channels, 1 or more.</param>
    /// <param name="classes">Logits a pixel, 1 or more.</param>
    /// <param name="weights">The weights to start from; they stay as they are.</param>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:0</c>.</param>
    /// <param name="metadata">As for <see cref="Describe"/>; then <see cref="ITrainableNetwork.Forward"/> wants them.</param>
    /// <exception cref="FlairException">The encoder is unknown or takes no metadata, a weight is missing or has another shape.</exception>
    ITrainableNetwork CreateTrainable(string encoder, int channels, int classes, StateDict weights, string device, bool metadata = false);
}
