using Flair.Checkpoints;

namespace Flair.Training;

/// <summary>Lowers the learning rate when the validation loss no longer falls: PyTorch's <c>ReduceLROnPlateau</c>, with the constants that FLAIR-1 gives it.</summary>
/// <param name="learningRate">The rate to start with.</param>
/// <param name="state">The state to go on from; null at the beginning.</param>
public sealed class ReduceOnPlateau(double learningRate, PlateauState? state = null)
{
    /// <summary>The rate of the next epoch.</summary>
    public double LearningRate { get; private set; } = learningRate;

    /// <summary>What the next decision depends on.</summary>
    public PlateauState State { get; private set; } = state ?? new();

    /// <summary>Takes the validation loss of the epoch that ended.</summary>
    public void Step(double loss)
    {
        var (best, bad, cooldown) = (State.Best, State.BadEpochs, State.CooldownLeft);
        if (loss < best * (1 - State.Threshold))
            (best, bad) = (loss, 0);
        else
            bad++;
        if (cooldown > 0)
            (cooldown, bad) = (cooldown - 1, 0);
        if (bad > State.Patience)
        {
            var reduced = Math.Max(LearningRate * State.Factor, State.MinimumRate);
            if (LearningRate - reduced > State.Epsilon)
                LearningRate = reduced;
            (cooldown, bad) = (State.Cooldown, 0);
        }

        State = State with { Best = best, BadEpochs = bad, CooldownLeft = cooldown, Seen = State.Seen + 1 };
    }
}
