using Flair.Patches;
using Flair.Settings;

namespace Flair.Training;

/// <summary>What FLAIR-1's <c>flair</c> does with its settings: trains, predicts with the best weights, measures.</summary>
public static class TrainingJob
{
    /// <summary>Does what <see cref="TrainingSettings.Tasks"/> says.</summary>
    /// <exception cref="FlairException">Something is wrong with the settings or the files.</exception>
    public static void Run(TrainingSettings settings, ITrainingObserver observer, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Tasks.Train)
        {
            var data = new TrainingData(PatchList.Read(settings.TrainCsv!), PatchList.Read(settings.ValCsv!));
            TrainingRun.Run(settings, data, observer, stop);
        }
    }
}
