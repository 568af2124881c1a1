using Flair.Checkpoints;
using Flair.Nomenclatures;

namespace Flair.Inference;

/// <summary>A model read from its files and found to belong together; libtorch has not been touched.</summary>
public sealed record LoadedModel
{
    /// <summary>Encoder and decoder, e.g. <c>resnet34_unet</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Input channels.</summary>
    public required int Channels { get; init; }

    /// <summary>Its classes, one a logit.</summary>
    public required Nomenclature Nomenclature { get; init; }

    /// <summary>Exactly the tensors of the network, in the order of its state dict, in the types that the file has them.</summary>
    public required StateDict Weights { get; init; }

    /// <summary>True for weights by formula, which show that a pipeline works and map nothing.</summary>
    public required bool WeightsAreFormula { get; init; }

    /// <summary>
    /// SHA-256 in lower-case hexadecimal of the architecture, the channels, each tensor's name, type, shape and bytes, and the nomenclature:
    /// the same for the same weights in another file format.
    /// </summary>
    public required string Fingerprint { get; init; }

    /// <summary>Logits a pixel.</summary>
    public int ClassCount => Nomenclature.Classes.Count;
}
