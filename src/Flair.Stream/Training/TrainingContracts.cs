using Flair.Settings;

namespace Flair.Training;

/// <summary>What is told of a training while it runs. Calls come one at a time.</summary>
public interface ITrainingObserver
{
    /// <summary>The training begins or goes on.</summary>
    void Started(TrainingStart start);

    /// <summary>A step was done.</summary>
    void Stepped(TrainingStep step);

    /// <summary>An epoch ended, validation included.</summary>
    void EpochEnded(EpochEnd end);

    /// <summary>Something worth a line.</summary>
    void Notice(string text);
}

/// <summary>The beginning of a training.</summary>
/// <param name="Settings">Its settings.</param>
/// <param name="Parameters">Parameters of the network.</param>
/// <param name="TrainPatches">Patches to learn from.</param>
/// <param name="ValPatches">Patches to validate with.</param>
/// <param name="FirstEpoch">The epoch it begins with, from 0.</param>
/// <param name="FirstStep">The step of that epoch it begins with, from 0.</param>
public sealed record TrainingStart(TrainingSettings Settings, long Parameters, int TrainPatches, int ValPatches, int FirstEpoch, int FirstStep);

/// <summary>A step of an epoch, or of its validation.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Validation">Whether it is a step of the validation.</param>
/// <param name="Done">Steps done in this part of the epoch.</param>
/// <param name="Total">Steps of this part.</param>
/// <param name="Loss">The mean loss of this part so far.</param>
/// <param name="PatchesPerSecond">The rate of this part, in this process.</param>
/// <param name="Waited">The share of its time that it waited for patches, 0 to 1.</param>
/// <param name="Left">The time to the end of the last epoch, were all like this one; null before it can be told.</param>
public sealed record TrainingStep(int Epoch, bool Validation, int Done, int Total, double Loss, double PatchesPerSecond, double Waited, TimeSpan? Left);

/// <summary>The end of an epoch.</summary>
/// <param name="Record">Its figures.</param>
/// <param name="BestFile">The checkpoint written because it is the best epoch so far; null where it is not.</param>
/// <param name="Waiting">Epochs since the best.</param>
public sealed record EpochEnd(EpochRecord Record, string? BestFile, int Waiting);

/// <summary>What a training came to.</summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="BestFile">The best checkpoint.</param>
/// <param name="History">Its epochs.</param>
/// <param name="Computed">Epochs that this process finished; 0 where the training was complete already.</param>
public sealed record TrainingResult(TrainingEnd Reason, string BestFile, TrainingHistory History, int Computed);

/// <summary>Why a training ended.</summary>
public enum TrainingEnd
{
    /// <summary>All epochs are done.</summary>
    Completed,

    /// <summary>No better epoch for as many as the settings bear.</summary>
    StoppedEarly,
}
