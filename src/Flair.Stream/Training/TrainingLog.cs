using Flair.Evaluation;
using Flair.Settings;

namespace Flair.Training;

/// <summary>Keeps the epochs' figures in the output directory.</summary>
internal sealed class TrainingLog(TrainingSettings settings, TrainingFolder folder, List<EpochRecord> records)
{
    /// <summary>The training so far.</summary>
    public TrainingHistory History => new([.. settings.Classes.Select(entry => entry.Name)], records);

    /// <summary>The figures of an epoch.</summary>
    public static EpochRecord Record(int epoch, long step, double learningRate, EpochTally tally, EpochTally validation, double seconds) => new(
        epoch, (int)step, learningRate, tally.Loss, JaccardIndex.Weighted(tally.Matrix), validation.Loss, JaccardIndex.Weighted(validation.Matrix),
        JaccardIndex.PerClass(validation.Matrix), seconds);

    /// <summary>Adds an epoch.</summary>
    public void Add(EpochRecord record)
    {
        records.RemoveAll(known => known.Epoch >= record.Epoch);
        records.Add(record);
        Directory.CreateDirectory(Path.GetDirectoryName(folder.State)!);
        HistoryFile.Write(settings.Output, History);
    }
}
