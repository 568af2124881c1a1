namespace Flair.Training;

/// <summary>
/// Halves the learning rate when the validation loss no longer falls: PyTorch's <c>ReduceLROnPlateau</c> as FLAIR-1 sets it (mode min,
/// factor 0.5, patience 10, relative threshold 1e-4, cooldown 4, smallest rate 1e-7).
/// </summary>
public sealed class ReduceOnPlateau
{
    /// <summary>What a reduction multiplies the rate by.</summary>
    public const double Factor = 0.5;

    /// <summary>Epochs without a better loss that are borne.</summary>
    public const int Patience = 10;

    /// <summary>Epochs after a reduction during which none counts as bad.</summary>
    public const int Cooldown = 4;

    /// <summary>The rate never falls below this.</summary>
    public const double MinimumRate = 1e-7;

    /// <summary>A loss is better when it is below best · (1 − threshold).</summary>
    public const double Threshold = 1e-4;

    // PyTorch leaves out reductions smaller than this.
    private const double SmallestChange = 1e-8;

    /// <summary>Starts with a rate.</summary>
    public ReduceOnPlateau(double learningRate) => State = new(learningRate, double.PositiveInfinity, 0, 0, 0);

    /// <summary>Goes on from a state.</summary>
    public ReduceOnPlateau(ReduceOnPlateauState state) => State = state;

    /// <summary>The rate now and what the next decision depends on.</summary>
    public ReduceOnPlateauState State { get; private set; }

    /// <summary>Takes the validation loss of the epoch that ended.</summary>
    /// <returns>The learning rate of the next epoch.</returns>
    public double Step(double loss)
    {
        var (rate, best, bad, cooldown, epochs) = State;
        if (loss < best * (1 - Threshold))
            (best, bad) = (loss, 0);
        else
            bad++;
        if (cooldown > 0)
            (cooldown, bad) = (cooldown - 1, 0);
        if (bad > Patience)
        {
            var reduced = Math.Max(rate * Factor, MinimumRate);
            if (rate - reduced > SmallestChange)
                rate = reduced;
            (cooldown, bad) = (Cooldown, 0);
        }

        State = new(rate, best, bad, cooldown, epochs + 1);
        return rate;
    }
}

/// <summary>The state of a <see cref="ReduceOnPlateau"/>.</summary>
/// <param name="LearningRate">The rate now.</param>
/// <param name="Best">The smallest loss that counted as better; positive infinity before the first.</param>
/// <param name="BadEpochs">Epochs since then.</param>
/// <param name="CooldownLeft">Epochs that still cannot be bad.</param>
/// <param name="Epochs">Epochs seen.</param>
public sealed record ReduceOnPlateauState(double LearningRate, double Best, int BadEpochs, int CooldownLeft, int Epochs);
