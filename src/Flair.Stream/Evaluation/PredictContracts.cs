using Flair.Inference;
using Flair.Models;
using Flair.Patches;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Evaluation;

/// <summary>What <see cref="PredictRun"/> works with.</summary>
public sealed record PredictParts
{
    /// <summary>The settings; <see cref="TrainingSettings.TestCsv"/> names the patches.</summary>
    public required TrainingSettings Settings { get; init; }

    /// <summary>
    /// The network: maps [n, channels, h, w] float32, normalized, and [n, values] float32 or null (see <see cref="Metadata"/>), both on the CPU
    /// and not its own, to logits [n, classes, h, w] of the caller's. Called on <see cref="Thread"/>.
    /// </summary>
    public required Func<Tensor, Tensor?, Tensor> Forward { get; init; }

    /// <summary>The network's <see cref="IArchitecture.Sizes"/>.</summary>
    public required InputSizes Sizes { get; init; }

    /// <summary>The thread that calls libtorch.</summary>
    public required DeviceThread Thread { get; init; }

    /// <summary>
    /// Networks for patches of one size, in place of <see cref="Forward"/>: those that are as large as their <see cref="IWindowNetwork.Kept"/>. Each takes
    /// one normalized window of single-precision numbers at a time and no metadata. Null: there are none.
    /// </summary>
    public InferenceWorkers? Workers { get; init; }

    /// <summary>The encoded metadata of a patch, for a network that takes them; as many values for every patch. Called from several threads. Null for a network that takes none.</summary>
    public Func<PatchFiles, float[]>? Metadata { get; init; }

    /// <summary>Told after every patch, from one thread at a time.</summary>
    public Action<PredictProgress>? Progress { get; init; }
}

/// <summary>How far a prediction is.</summary>
/// <param name="Done">Patches written.</param>
/// <param name="Total">Patches to write.</param>
public sealed record PredictProgress(int Done, int Total);

/// <summary>What a prediction did.</summary>
/// <param name="Directory">Where the predictions are.</param>
/// <param name="Patches">How many.</param>
/// <param name="Pixels">Pixels in all of them.</param>
public sealed record PredictResult(string Directory, int Patches, long Pixels);
