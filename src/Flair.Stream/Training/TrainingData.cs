using Flair.Patches;

namespace Flair.Training;

/// <summary>What a training learns from and is validated with.</summary>
/// <param name="Train">Patches to learn from, with masks, all of one size.</param>
/// <param name="Val">Patches to validate with, with masks, all of one size.</param>
/// <param name="TrainMetadata">The encoded metadata of each of the first; null for a network that takes none.</param>
/// <param name="ValMetadata">The encoded metadata of each of the second; null for a network that takes none.</param>
public sealed record TrainingData(
    IReadOnlyList<PatchFiles> Train, IReadOnlyList<PatchFiles> Val, IReadOnlyList<float[]>? TrainMetadata = null, IReadOnlyList<float[]>? ValMetadata = null);
