using Flair.Evaluation;
using Flair.Reporting;
using Flair.Settings;

namespace Flair.Training;

/// <summary>Keeps the epochs' figures in the output directory: <c>history.json</c> and <c>.csv</c>, TensorBoard's events, the report.</summary>
internal sealed class TrainingLog : IDisposable
{
    private readonly TrainingSettings _settings;
    private readonly TrainingFolder _folder;
    private readonly List<EpochRecord> _records;
    private TensorBoardWriter? _events;

    /// <param name="settings">Output directory, name, classes.</param>
    /// <param name="folder">Where the report lies.</param>
    /// <param name="epochs">Epochs that are done.</param>
    public TrainingLog(TrainingSettings settings, TrainingFolder folder, int epochs)
    {
        _settings = settings;
        _folder = folder;
        // A record is written before the state that counts its epoch.
        _records = epochs == 0 ? [] : HistoryFile.Read(settings.Output)?.Epochs.Where(record => record.Epoch < epochs).ToList() ?? [];
    }

    /// <summary>The training so far.</summary>
    public TrainingHistory History => new([.. _settings.Classes.Select(entry => entry.Name)], _records);

    /// <summary>The figures of an epoch.</summary>
    public static EpochRecord Record(int epoch, long step, double learningRate, EpochTally tally, EpochTally validation, double seconds) => new(
        epoch, step, learningRate, tally.Loss, JaccardIndex.Weighted(tally.Matrix), validation.Loss, JaccardIndex.Weighted(validation.Matrix),
        JaccardIndex.PerClass(validation.Matrix), seconds);

    /// <summary>Adds an epoch.</summary>
    /// <exception cref="FlairException">A file cannot be written.</exception>
    public void Add(EpochRecord record)
    {
        _events ??= TensorBoardWriter.Open(_settings, resumed: _records.Count > 0);
        _records.Add(record);
        HistoryFile.Write(_settings.Output, History);
        _events.Write(record, _settings.Classes);
        HtmlReport.Write(_folder.Report, new() { Settings = _settings, History = History });
    }

    /// <inheritdoc/>
    public void Dispose() => _events?.Dispose();
}
