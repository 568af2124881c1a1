using Flair.Checkpoints;
using Flair.Evaluation;

namespace Flair.Training;

/// <summary>What the batches of an epoch add up to.</summary>
internal sealed class EpochTally
{
    public EpochTally(int classes) => Matrix = new(classes);

    /// <summary>The tally of an epoch that was cut.</summary>
    public EpochTally(int classes, RunningEpoch running)
        : this(classes)
    {
        (Batches, LossSum) = (running.LossCount, running.LossSum);
        if (running.Confusion.Count != classes * classes)
            return;
        var counts = new long[classes, classes];
        for (var i = 0; i < running.Confusion.Count; i++)
            counts[i / classes, i % classes] = running.Confusion[i];
        Matrix = ConfusionMatrix.Of(counts);
    }

    /// <summary>Batches added.</summary>
    public long Batches { get; private set; }

    /// <summary>Sum of their losses.</summary>
    public double LossSum { get; private set; }

    /// <summary>Their mean loss, every batch counting the same, as FLAIR-1 logs it; NaN before the first.</summary>
    public double Loss => LossSum / Batches;

    /// <summary>Their pixels by true and predicted class.</summary>
    public ConfusionMatrix Matrix { get; }

    /// <summary>Adds a batch.</summary>
    public void Add(double loss, PatchBatch batch, byte[] predictions)
    {
        Batches++;
        LossSum += loss;
        Matrix.Add(batch.Classes, predictions);
    }

    /// <summary>What a checkpoint keeps of it.</summary>
    public RunningEpoch Running(int steps) => new() { Steps = steps, LossSum = LossSum, LossCount = Batches, Confusion = Matrix.ToArray() };
}
