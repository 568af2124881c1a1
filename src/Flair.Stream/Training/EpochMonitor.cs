using Flair.Checkpoints;
using Flair.Settings;

namespace Flair.Training;

/// <summary>Which epoch is best, and when there has been none for too long: Lightning's <c>ModelCheckpoint</c> (one kept) and <c>EarlyStopping</c> (no minimal change).</summary>
internal sealed class EpochMonitor
{
    private readonly CheckpointSettings _settings;

    public EpochMonitor(CheckpointSettings settings, EarlyStoppingState? stopping = null, BestModelState? best = null)
    {
        _settings = settings;
        var worst = settings.Maximize ? double.NegativeInfinity : double.PositiveInfinity;
        // A state of another value says nothing about this one.
        Stopping = stopping is not null && stopping.Monitor == settings.Monitor && stopping.Maximize == settings.Maximize
            ? stopping with { Patience = settings.EarlyStoppingPatience }
            : new() { Monitor = settings.Monitor, Maximize = settings.Maximize, BestScore = worst, Patience = settings.EarlyStoppingPatience };
        Best = best is not null && best.Monitor == settings.Monitor && best.Maximize == settings.Maximize
            ? best
            : new() { Monitor = settings.Monitor, Maximize = settings.Maximize };
    }

    public EarlyStoppingState Stopping { get; private set; }

    public BestModelState Best { get; private set; }

    /// <summary>Whether the training has gone on long enough without a better epoch.</summary>
    public bool IsExhausted => EndsAfter(Stopping.WaitCount);

    /// <summary>Takes the value of the epoch that ended.</summary>
    /// <param name="value">The monitored value, finite.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <returns>True where it is the best so far.</returns>
    public bool Observe(double value, int epoch)
    {
        var waited = IsBetter(value, Stopping.BestScore) ? 0 : Stopping.WaitCount + 1;
        Stopping = Stopping with
        {
            WaitCount = waited,
            BestScore = waited == 0 ? value : Stopping.BestScore,
            StoppedEpoch = EndsAfter(waited) ? epoch : 0,
        };
        Best = Best with { CurrentScore = value };
        return Best.Score is not { } score || IsBetter(value, score);
    }

    /// <summary>Takes the file that the best epoch was saved to.</summary>
    public void Saved(string path, string directory, double value) => Best = Best with { Path = path, Directory = directory, Score = value };

    /// <summary>Takes the file that the last epoch is saved to.</summary>
    public void SavesLast(string path) => Best = Best with { LastPath = path };

    // As Lightning, which looks at its patience only where an epoch was not better: one of 0 bears none of these.
    private bool EndsAfter(int waited) => waited > 0 && waited >= Stopping.Patience;

    private bool IsBetter(double value, double than) => _settings.Maximize ? value > than : value < than;
}
