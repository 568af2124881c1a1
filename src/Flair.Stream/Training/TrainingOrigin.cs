using Flair.Checkpoints;
using Flair.Models;
using Flair.Settings;

namespace Flair.Training;

/// <summary>Where a training starts: where it was cut, in another training's checkpoint, from given weights, or from scratch.</summary>
/// <param name="Checkpoint">What to go on from.</param>
internal sealed record TrainingOrigin(TrainingCheckpoint Checkpoint)
{
    /// <summary>Finds out.</summary>
    /// <exception cref="FlairException">A checkpoint cannot be read or does not fit, or the output directory holds another training.</exception>
    public static TrainingOrigin Find(TrainingSettings settings, TrainingFolder folder, ITrainingObserver observer)
    {
        var fingerprint = "";
        if (folder.ReadState() is { } begun)
        {
            observer.Notice($"going on with the training in {settings.Output}: {begun.Epoch} of {settings.Epochs} epochs are done");
            return new(begun with { Fingerprint = fingerprint });
        }

        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        var weights = WeightInitialization.Create(architecture, encoder, settings.Channels.Count, settings.Classes.Count, settings.Seed, settings.UseMetadata);
        return new(new TrainingCheckpoint
        {
            Weights = weights,
            Epoch = 0,
            GlobalStep = 0,
            Scheduler = new ReduceOnPlateau(settings.LearningRate).State,
            Fingerprint = fingerprint,
            Seed = settings.Seed,
        });
    }
}
