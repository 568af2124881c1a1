using System.Diagnostics;
using Flair.Checkpoints;
using Flair.Evaluation;
using Flair.Inference;
using Flair.Models;
using Flair.Patches;
using Flair.Reporting;
using Flair.Settings;

namespace Flair.Training;

/// <summary>What a <see cref="TrainingJob"/> came to.</summary>
/// <param name="History">The training's epochs, this run's and those before; empty where nothing is trained.</param>
/// <param name="PredictSeconds">Wall time of predicting; 0 where nothing is predicted.</param>
/// <param name="Metrics">What was measured; null where nothing is.</param>
public sealed record TrainingJobResult(TrainingHistory History, double PredictSeconds, MetricsResult? Metrics);

/// <summary>What FLAIR-1's <c>flair</c> does with its settings: trains, predicts with the best weights, measures.</summary>
public static class TrainingJob
{
    /// <summary>Does what <see cref="TrainingSettings.Tasks"/> says, after everything that it needs was checked.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="stop">Ends it where it can go on later.</param>
    /// <exception cref="FlairException">Something is wrong with the settings or the files.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static TrainingJobResult Run(TrainingSettings settings, ITrainingObserver observer, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(observer);
        var demands = PatchDemand.Of(settings);
        var summaries = PatchChecks.Run(demands, (done, total) => observer.Progressed("checking patches", done, total), stop);
        CheckSquare(settings, summaries);
        var tasks = settings.Tasks;
        var tests = tasks.Predict || tasks.Metrics ? PredictionFiles.List(settings) : [];
        var testMetadata = tasks.Predict ? Metadata(settings, tests) : null;
        // A file of weights that does not fit is found before hours of work, not after them.
        var weights = tasks.Predict && !tasks.Train ? NetworkWeights.Read(settings.Checkpoint ?? BestOf(settings), settings) : null;
        if (settings.CopyInputs && !tasks.Train)
            InputCopies.Write(settings);

        var history = TrainingHistory.Empty;
        if (tasks.Train)
        {
            var result = TrainingRun.Run(settings, Data(settings, demands), observer, stop);
            observer.Trained(result);
            history = result.History;
            weights = tasks.Predict ? NetworkWeights.Read(result.BestFile, settings) : null;
        }

        var watch = Stopwatch.StartNew();
        if (weights is not null)
            Predict(settings, weights, summaries[^1], tests, testMetadata, observer, stop);
        var predictSeconds = weights is null ? 0 : watch.Elapsed.TotalSeconds;
        return new(history, predictSeconds, tasks.Metrics ? Measure(settings, history, observer, stop) : null);
    }

    private static string BestOf(TrainingSettings settings) => new TrainingFolder(settings).FindBest()
        ?? throw new FlairException($"{settings.Output}: the training there has not finished an epoch; give paths.ckpt_model_path, or train first");

    private static TrainingData Data(TrainingSettings settings, IReadOnlyList<PatchDemand> demands) => new(
        demands[0].Patches, demands[1].Patches, Metadata(settings, demands[0].Patches), Metadata(settings, demands[1].Patches));

    private static IReadOnlyList<float[]>? Metadata(TrainingSettings settings, IReadOnlyList<PatchFiles> patches) =>
        settings.UseMetadata ? AerialMetadata.Read(settings.MetadataFile!, patches) : null;

    private static void CheckSquare(TrainingSettings settings, IReadOnlyList<PatchSummary> summaries)
    {
        if (settings.Tasks.Train && settings.UseAugmentation && summaries[0] is { } train && train.Width != train.Height)
            throw new FlairException($"{train.Csv}: the patches are {train.Width} × {train.Height} pixels, and use_augmentation turns them by 90°; cut square patches, or set use_augmentation: False");
    }

    private static void Predict(
        TrainingSettings settings,
        StateDict weights,
        PatchSummary summary,
        IReadOnlyList<PatchFiles> patches,
        IReadOnlyList<float[]>? encoded,
        ITrainingObserver observer,
        CancellationToken stop)
    {
        var metadata = encoded?.Zip(patches).ToDictionary(pair => pair.Second.Line, pair => pair.First);
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        using var workers = PatchWorkers.Start(settings, weights, summary);
        using var thread = new DeviceThread(Environment.ProcessorCount);
        // Made by the first batch that wants it: seldom one does where there are workers.
        var network = new Lazy<INetwork>(() =>
        {
            using var bare = architecture.Create(encoder, settings.Channels.Count, settings.Classes.Count, weights, settings.UseMetadata);
            return NetworkOptimizer.Optimize(bare, Precision.Fp32, settings.Device);
        });
        try
        {
            var result = PredictRun.RunAsync(
                new()
                {
                    Settings = settings,
                    Forward = (input, values) => network.Value.Forward(input, values),
                    Sizes = architecture.Sizes,
                    Thread = thread,
                    Workers = workers,
                    Metadata = metadata is null ? null : patch => metadata[patch.Line],
                    Progress = progress => observer.Progressed("predicting", progress.Done, progress.Total),
                },
                stop).GetAwaiter().GetResult();
            observer.Notice($"{result.Patches} predictions in {result.Directory}");
        }
        finally
        {
            if (network.IsValueCreated)
                network.Value.Dispose();
        }
    }

    private static MetricsResult Measure(TrainingSettings settings, TrainingHistory history, ITrainingObserver observer, CancellationToken stop)
    {
        var result = MetricsRun.Run(settings, observer.Notice, (done, total) => observer.Progressed("measuring", done, total), stop);
        var folder = new TrainingFolder(settings);
        HtmlReport.Write(folder.Report, new()
        {
            Settings = settings,
            History = history.Epochs.Count > 0 ? history : HistoryFile.Read(settings.Output) ?? TrainingHistory.Empty,
            Metrics = result,
        });
        observer.Notice($"{Path.Combine(result.Directory, MetricsFiles.MetricsName)}, {folder.Report}");
        if (settings.Tasks.DeletePredictions && settings.Tasks.Predict)
            MetricsRun.DeletePredictions(settings);
        return result;
    }
}
