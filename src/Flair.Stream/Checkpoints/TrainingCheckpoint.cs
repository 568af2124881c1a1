using Flair.Training;

namespace Flair.Checkpoints;

/// <summary>All that a training needs to go on where it stopped: what Lightning keeps of it, and what only this program keeps.</summary>
public sealed record TrainingCheckpoint
{
    /// <summary>
    /// The network's whole state under the network's own names, as <see cref="StateDictNames.Strip"/> gives them; the metadata encoder
    /// is <c>enc.enc_mlp.…</c>.
    /// </summary>
    public required StateDict Weights { get; init; }

    /// <summary>The loss's weight of each class; null where the loss has none.</summary>
    public IReadOnlyList<float>? ClassWeights { get; init; }

    /// <summary>Epochs that are finished, validation included; 0 or more.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps of the optimizer since the training began, 0 or more.</summary>
    public required long GlobalStep { get; init; }

    /// <summary>
    /// The learning rate of the next step and what changes it. Lightning saves at the end of an epoch before it tells the scheduler of that
    /// epoch, and does not make up for it when it resumes: in its files the scheduler has seen one epoch less than are finished.
    /// </summary>
    public required ReduceOnPlateauState Scheduler { get; init; }

    /// <summary>What early stopping has seen; null where there is none.</summary>
    public EarlyStoppingState? EarlyStopping { get; init; }

    /// <summary>What was kept of the training so far; null where that is unknown.</summary>
    public BestModelState? BestModel { get; init; }

    /// <summary>The epoch that is not finished; null at the end of an epoch.</summary>
    public RunningEpoch? Running { get; init; }

    /// <summary>Identifies the settings that must not change when the training goes on; null in files of other programs.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Seed of everything random; null in files of other programs.</summary>
    public long? Seed { get; init; }
}

/// <summary>State of Lightning's <c>EarlyStopping</c>.</summary>
public sealed record EarlyStoppingState
{
    /// <summary>Name of the logged value, of letters, digits and underscores, e.g. <c>val_loss</c>.</summary>
    public required string Monitor { get; init; }

    /// <summary>Whether larger is better.</summary>
    public bool Maximize { get; init; }

    /// <summary>Epochs since the best.</summary>
    public int WaitCount { get; init; }

    /// <summary>The epoch, from 0, whose end stopped the training; 0 where none has.</summary>
    public int StoppedEpoch { get; init; }

    /// <summary>The best value so far; infinite before the first.</summary>
    public required double BestScore { get; init; }

    /// <summary>Epochs without a better value that end the training.</summary>
    public required int Patience { get; init; }
}

/// <summary>State of Lightning's <c>ModelCheckpoint</c> that keeps the best model and perhaps the last.</summary>
public sealed record BestModelState
{
    /// <summary>Name of the logged value, of letters, digits and underscores, e.g. <c>val_loss</c>.</summary>
    public required string Monitor { get; init; }

    /// <summary>Whether larger is better.</summary>
    public bool Maximize { get; init; }

    /// <summary>The directory of the checkpoints. Lightning takes the best score over only if it writes into the same.</summary>
    public string Directory { get; init; } = string.Empty;

    /// <summary>The file of the best model; empty before the first.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>Its value; null before the first.</summary>
    public double? Score { get; init; }

    /// <summary>The value of the epoch that was finished last; null before the first.</summary>
    public double? CurrentScore { get; init; }

    /// <summary>The file of the last model; empty where none is kept.</summary>
    public string LastPath { get; init; } = string.Empty;
}

/// <summary>What was summed up in an epoch that is not finished.</summary>
public sealed record RunningEpoch
{
    /// <summary>Steps done in this epoch, 1 or more.</summary>
    public required int Steps { get; init; }

    /// <summary>Sum over the steps of the loss.</summary>
    public double LossSum { get; init; }

    /// <summary>What that sum is to be divided by.</summary>
    public long LossCount { get; init; }

    /// <summary>Pixels of each pair of classes, row by row; empty where they are not counted.</summary>
    public IReadOnlyList<long> Confusion { get; init; } = [];
}
