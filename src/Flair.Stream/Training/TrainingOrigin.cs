using Flair.Checkpoints;
using Flair.Models;
using Flair.Settings;

namespace Flair.Training;

/// <summary>Where a training starts: where it was cut, in another training's checkpoint, from given weights, or from scratch.</summary>
internal static class TrainingOrigin
{
    /// <summary>What to go on from.</summary>
    /// <exception cref="FlairException">A checkpoint cannot be read or does not fit, or the output directory holds another training.</exception>
    public static TrainingCheckpoint Find(TrainingSettings settings, TrainingFolder folder, ITrainingObserver observer)
    {
        var fingerprint = TrainingFingerprint.Of(settings);
        if (folder.ReadState() is { } begun)
        {
            var differences = TrainingFingerprint.Parse(begun.Fingerprint ?? "")?.DifferencesFrom(fingerprint) ?? ["they are not known"];
            if (differences.Count > 0)
            {
                throw new FlairException(
                    $"{settings.Output}: holds a training with other settings ({string.Join("; ", differences)}); give another paths.out_model_name, or delete {folder.State} to begin anew");
            }

            observer.Notice($"{settings.Output}: going on with the training that was begun there; epochs done: {begun.Epoch} of {settings.Epochs}");
            return begun;
        }

        var checkpoint = settings.Tasks.Resume ? Resume(settings, folder, observer) : Begin(settings, observer);
        return checkpoint with { Fingerprint = fingerprint.Text, Seed = settings.Seed };
    }

    private static TrainingCheckpoint Resume(TrainingSettings settings, TrainingFolder folder, ITrainingObserver observer)
    {
        var path = settings.Checkpoint!;
        var checkpoint = TrainingCheckpointReader.Read(path);
        var weights = NetworkWeights.Take(path, settings, checkpoint.Weights);
        // As Lightning: the best file of another directory is that directory's, not to be deleted for a better one here.
        var best = checkpoint.BestModel is { } known && folder.Holds(known) ? known : null;
        observer.Notice($"{path}: going on after {checkpoint.Epoch} epoch{(checkpoint.Epoch == 1 ? "" : "s")}, {checkpoint.GlobalStep} step{(checkpoint.GlobalStep == 1 ? "" : "s")}, at learning rate {checkpoint.Scheduler.LearningRate:g4}");
        // Another training's patches, order and metrics of a cut epoch are not ours to go on with.
        return checkpoint with { Weights = weights, BestModel = best, Running = null };
    }

    private static TrainingCheckpoint Begin(TrainingSettings settings, ITrainingObserver observer)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        var weights = WeightInitialization.Create(architecture, encoder, settings.Channels.Count, settings.Classes.Count, settings.Seed, settings.UseMetadata);
        if (settings.Tasks.InitWeightsOnly)
        {
            var pretrained = PretrainedWeights.Load(settings.Checkpoint!, settings.Architecture, weights);
            foreach (var line in pretrained.Report)
                observer.Notice(line);
            weights = pretrained.Weights;
        }

        return new()
        {
            Weights = weights,
            Epoch = 0,
            GlobalStep = 0,
            Scheduler = new ReduceOnPlateau(settings.LearningRate).State,
        };
    }
}
