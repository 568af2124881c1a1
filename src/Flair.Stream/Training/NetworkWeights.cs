using Flair.Checkpoints;
using Flair.Inference;
using Flair.Models;
using Flair.Settings;

namespace Flair.Training;

/// <summary>The weights of a trained network, for its settings.</summary>
internal static class NetworkWeights
{
    /// <summary>Parameters of the network, those that an optimizer changes.</summary>
    public static long Parameters(TrainingSettings settings) =>
        Specs(settings).Where(spec => !spec.IsBuffer).Sum(spec => TensorShape.Elements(spec.Shape));

    /// <summary>Reads the weights of a file.</summary>
    /// <exception cref="FlairException">It cannot be read, or holds another network, or values that are not finite.</exception>
    public static StateDict Read(string path, TrainingSettings settings) =>
        Take(path, settings, CheckpointReader.Read(path, keepMetadata: settings.UseMetadata, "paths.ckpt_model_path"));

    /// <summary>Exactly the tensors of the network.</summary>
    /// <exception cref="FlairException">They are of another network, or not finite.</exception>
    public static StateDict Take(string path, TrainingSettings settings, StateDict state)
    {
        var specs = Specs(settings);
        var differences = StateDictMatcher.Compare(specs, state);
        return differences.Count == 0
            ? StateDictMatcher.Take(path, specs, state)
            : throw new FlairException(
                $"{path}: does not fit {settings.Architecture} with {settings.Channels.Count} channels and {settings.Classes.Count} classes: {differences}"
                + "; correct encoder_decoder, channels or classes (a training can start from other weights: train_tasks.init_weights_only_from_ckpt)");
    }

    private static IReadOnlyList<ParameterSpec> Specs(TrainingSettings settings)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        return architecture.Describe(encoder, settings.Channels.Count, settings.Classes.Count, settings.UseMetadata);
    }
}
