using Flair.Patches;
using Flair.Settings;

namespace Flair.Evaluation;

/// <summary>How well one patch was predicted.</summary>
/// <param name="Image">Its image.</param>
/// <param name="Mask">Its truth.</param>
/// <param name="Prediction">Its prediction.</param>
/// <param name="Pixels">Pixels whose truth and prediction are classes.</param>
/// <param name="Right">Those of them whose prediction is the truth.</param>
public sealed record PatchResult(string Image, string Mask, string Prediction, long Pixels, long Right)
{
    /// <summary>Share of right pixels, 0 to 1; NaN where no pixel counts.</summary>
    public double Accuracy => Right / (double)Pixels;
}

/// <summary>What <see cref="MetricsRun"/> found.</summary>
/// <param name="Directory">Where <c>metrics.json</c> and <c>confmat.npy</c> are.</param>
/// <param name="Matrix">All pixels, with the classes of weight 0.</param>
/// <param name="Metrics">FLAIR-1's figures.</param>
/// <param name="Patches">Each patch, in the list's order.</param>
public sealed record MetricsResult(string Directory, ConfusionMatrix Matrix, SegmentationMetrics Metrics, IReadOnlyList<PatchResult> Patches);

/// <summary>
/// Compares the predictions of a list of patches with their masks, as FLAIR-1's <c>metrics.py</c> does; but a patch that cannot be compared is an
/// error, where FLAIR-1 prints a line and leaves it out.
/// </summary>
public static class MetricsRun
{
    private const int MostNamed = 10;

    /// <summary>Compares them, and writes <c>metrics/metrics.json</c> and <c>metrics/confmat.npy</c> in the output directory.</summary>
    /// <param name="settings">The settings; <see cref="TrainingSettings.TestCsv"/> names the patches.</param>
    /// <param name="print">Takes FLAIR-1's tables, line by line, and before them how many pixels were left out, if any; null for none.</param>
    /// <param name="progress">Told after every patch how many of how many are done, from one thread at a time; null for none.</param>
    /// <param name="cancellation">Stops between two patches; nothing is written then.</param>
    /// <exception cref="FlairException">Masks or predictions are missing, cannot be read or differ in size: all are named at once. Or nothing can be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static MetricsResult Run(TrainingSettings settings, Action<string>? print = null, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var patches = PredictionFiles.List(settings);
        CheckFiles(settings, patches);

        var matrix = new ConfusionMatrix(settings.Classes.Count);
        var results = new PatchResult[patches.Count];
        var problems = new string?[patches.Count];
        var gate = new Lock();
        var done = 0;
        Parallel.For(0, patches.Count, new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            // A matrix a patch is small beside the patch, and tells the patch's own accuracy.
            var own = new ConfusionMatrix(settings.Classes.Count);
            try
            {
                results[i] = Compare(settings, patches[i], own);
            }
            catch (FlairException e)
            {
                problems[i] = e.Message;
            }

            lock (gate)
            {
                matrix.Merge(own);
                progress?.Invoke(++done, patches.Count);
            }
        });
        Refuse([.. problems.OfType<string>()], "patches cannot be compared");

        var metrics = SegmentationMetrics.Of(matrix, settings.Classes);
        var directory = Path.Combine(settings.Output, "metrics");
        MetricsFiles.Write(directory, matrix, metrics);
        if (print is not null)
        {
            if (OutsideText(settings, matrix) is { } outside)
                print(outside);
            foreach (var line in MetricsText.Lines(metrics))
                print(line);
        }

        return new MetricsResult(directory, matrix, metrics, results);
    }

    /// <summary>
    /// Deletes the predictions of the list, and their directory if nothing else is in it; FLAIR-1's <c>delete_preds</c>. Call it when the report
    /// is written, which shows some.
    /// </summary>
    /// <exception cref="FlairException">One cannot be deleted.</exception>
    public static void DeletePredictions(TrainingSettings settings)
    {
        var directory = PredictionFiles.Directory(settings);
        if (!Directory.Exists(directory))
            return;
        try
        {
            foreach (var patch in PredictionFiles.List(settings))
                File.Delete(PredictionFiles.Of(settings, patch.Image));
            if (!Directory.EnumerateFileSystemEntries(directory).Any())
                Directory.Delete(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{directory}: the predictions cannot be deleted ({e.Message.TrimEnd('.')}); check the rights on them", e);
        }
    }

    /// <summary>One line about the pixels that FLAIR-1 leaves out without a word; null where there are none.</summary>
    public static string? OutsideText(TrainingSettings settings, ConfusionMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(matrix);
        if (matrix.Outside == 0)
            return null;
        var first = settings.SupervisionStartsAtOne ? 1 : 0;
        return $"left out: {matrix.OutsideTruth} pixels whose mask is not {first} to {first + matrix.Classes - 1}"
            + (matrix.OutsidePrediction == 0 ? "" : $", {matrix.OutsidePrediction} whose prediction is not 0 to {matrix.Classes - 1}");
    }

    private static void CheckFiles(TrainingSettings settings, IReadOnlyList<PatchFiles> patches)
    {
        Refuse(
            [.. patches.Where(patch => patch.Mask is null || !File.Exists(patch.Mask)).Select(patch => $"line {patch.Line}: {patch.Mask ?? "no mask named"}")],
            $"masks of {settings.TestCsv} are missing");
        Refuse(
            [.. patches.Select(patch => PredictionFiles.Of(settings, patch.Image)).Where(prediction => !File.Exists(prediction))],
            $"of {patches.Count} predictions are missing; run predict first");
    }

    private static void Refuse(IReadOnlyList<string> problems, string what)
    {
        if (problems.Count == 0)
            return;
        var more = problems.Count > MostNamed ? $"; and {problems.Count - MostNamed} more" : "";
        throw new FlairException($"{problems.Count} {what}: {string.Join("; ", problems.Take(MostNamed))}{more}");
    }

    private static PatchResult Compare(TrainingSettings settings, PatchFiles patch, ConfusionMatrix matrix)
    {
        var prediction = PredictionFiles.Of(settings, patch.Image);
        var truth = PatchReader.ReadMask(patch.Mask!);
        var predicted = PatchReader.ReadMask(prediction);
        if ((truth.Width, truth.Height) != (predicted.Width, predicted.Height))
            throw new FlairException($"{patch.Mask} is {truth.Width} × {truth.Height} and {prediction} {predicted.Width} × {predicted.Height} pixels");
        matrix.Add(truth.Values, predicted.Values, settings.SupervisionStartsAtOne);
        return new PatchResult(patch.Image, patch.Mask!, prediction, matrix.Total, matrix.Right);
    }
}
