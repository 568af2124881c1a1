using Flair.Gdal;
using Flair.Settings;
using Flair.Torch;
using Flair.Training;

namespace Flair.Comparing;

/// <summary>What is compared.</summary>
public sealed record ComparisonOptions
{
    /// <summary>A settings file a model, FLAIR-1's <c>flair-1-config.yaml</c>; the rows have their order.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The directory that takes the table and a directory a model, named after its <c>out_model_name</c>; <c>out_folder</c> does not count.</summary>
    public required string Output { get; init; }

    /// <summary><c>KEY=VALUE</c> for every model's settings, see <see cref="TrainingSettingsFile.Read"/>.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>
    /// Predict and measure only: with the best weights of the training in a model's directory, or where there is none with <c>ckpt_model_path</c>.
    /// </summary>
    public bool EvaluateOnly { get; init; }
}

/// <summary>
/// Trains or evaluates models one after the other and puts them into one table. A model that fails is a row with its reason, and the others go on.
/// Run again, it goes on where it stopped; a model that is finished is not computed again.
/// </summary>
public static class ComparisonRun
{
    private const string Waiting = "not run yet";

    /// <summary>Runs them all. The table is written after every model.</summary>
    /// <param name="options">What to compare.</param>
    /// <param name="observer">Is told how each model goes.</param>
    /// <param name="stop">Ends it where it can go on later.</param>
    /// <returns>A row a file, in their order.</returns>
    /// <exception cref="FlairException">Two models share a name, or the output cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static IReadOnlyList<ComparedModel> Run(ComparisonOptions options, ITrainingObserver observer, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        var settings = new TrainingSettings?[options.Files.Count];
        var rows = new ComparedModel[options.Files.Count];

        // What is wrong with the last file is told before the first has trained for days.
        for (var i = 0; i < rows.Length; i++)
        {
            var name = Path.GetFileNameWithoutExtension(options.Files[i]);
            rows[i] = Attempt(
                new() { Name = name },
                () =>
                {
                    settings[i] = Read(options.Files[i], options);
                    return ComparedModel.Of(settings[i]!) with { Problem = Waiting };
                });
            if (rows[i].Problem is { } problem && problem != Waiting)
                observer.Notice($"{name} cannot be compared: {problem}");
        }

        if (rows.GroupBy(row => row.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twins)
            throw new FlairException($"{twins.Count()} models are named {twins.Key}; give each its own paths.out_model_name");
        ComparisonTable.Write(options.Output, rows);
        for (var i = 0; i < rows.Length; i++)
        {
            if (settings[i] is not { } model)
                continue;
            stop.ThrowIfCancellationRequested();
            observer.Notice($"model {i + 1} of {rows.Length}: {model.Name}");
            rows[i] = Attempt(rows[i], () => Compute(model, rows[i] with { Problem = null }, observer, stop));
            if (rows[i].Problem is { } problem)
                observer.Notice($"{model.Name} failed: {problem}");
            ComparisonTable.Write(options.Output, rows);
        }

        return rows;
    }

    private static TrainingSettings Read(string file, ComparisonOptions options)
    {
        var (train, evaluate) = (new TrainingTasks { Train = true, Predict = true, Metrics = true }, new TrainingTasks { Predict = true, Metrics = true });
        IReadOnlyList<string> sets = [.. options.Sets, $"paths.out_folder={YamlTree.Quoted(options.Output)}"];
        if (!options.EvaluateOnly)
            return TrainingSettingsFile.Read(file, sets, train);

        // Where its training would lie must be known before its weights are.
        var place = TrainingSettingsFile.Read(file, sets, new() { Metrics = true });
        if (new TrainingFolder(place).FindBest() is { } best)
            sets = [.. sets, $"paths.ckpt_model_path={YamlTree.Quoted(best)}"];
        var settings = TrainingSettingsFile.Read(file, sets, evaluate);
        return settings.Checkpoint is not null ? settings : throw new FlairException($"{file}: evaluating needs weights; give paths.ckpt_model_path, or train it here first");
    }

    private static ComparedModel Compute(TrainingSettings settings, ComparedModel row, ITrainingObserver observer, CancellationToken stop)
    {
        var key = ComparisonRecord.KeyOf(settings);
        if (ComparisonRecord.Find(settings.Output, key) is { } known)
        {
            observer.Notice($"{settings.Name}: measured already");
            return known;
        }

        var result = TrainingJob.Run(settings, observer, stop);
        var trainedHere = settings.Tasks.Train || IsOf(settings, settings.Checkpoint!);
        var history = settings.Tasks.Train ? result.History : trainedHere ? HistoryFile.Read(settings.Output) ?? TrainingHistory.Empty : TrainingHistory.Empty;
        var seconds = history.Epochs.Sum(epoch => epoch.Seconds) + result.PredictSeconds;
        var done = row with { Figures = ComparedFigures.Of(result.Metrics!.Metrics, seconds) };
        new ComparisonRecord(key, done).Save(settings.Output);
        return done;
    }

    private static bool IsOf(TrainingSettings settings, string checkpoint) => Path.GetDirectoryName(checkpoint) == new TrainingFolder(settings).Checkpoints;

    /// <summary>The row, or why there is none. A fault of the program itself is not a reason but gets out.</summary>
    private static ComparedModel Attempt(ComparedModel row, Func<ComparedModel> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is FlairException or GdalException or TorchException or IOException or UnauthorizedAccessException)
        {
            return row with { Problem = string.Join("; ", e.Message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) };
        }
    }
}
