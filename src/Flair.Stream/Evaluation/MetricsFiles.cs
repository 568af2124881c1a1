using System.Text;
using Flair.Checkpoints;

namespace Flair.Evaluation;

/// <summary>What FLAIR-1 writes of an evaluation, byte for byte: <c>metrics.json</c> and <c>confmat.npy</c>.</summary>
public static class MetricsFiles
{
    /// <summary>The figures.</summary>
    public const string MetricsName = "metrics.json";

    /// <summary>The confusion matrix with all classes, int64 [truth, prediction].</summary>
    public const string MatrixName = "confmat.npy";

    /// <summary>Writes both files; each bears its name only when it is complete.</summary>
    /// <param name="directory">Made where it is not there.</param>
    /// <param name="matrix">All classes, those of weight 0 too.</param>
    /// <param name="metrics">Its figures.</param>
    /// <exception cref="FlairException">They cannot be written.</exception>
    public static void Write(string directory, ConfusionMatrix matrix, SegmentationMetrics metrics)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(matrix);
        OutputGuard.Run($"{directory}: the metrics cannot be written", () =>
        {
            Directory.CreateDirectory(directory);
            DurableFile.WriteAllBytes(Path.Combine(directory, MetricsName), Encoding.ASCII.GetBytes(Json(metrics)));
        });

        NpyFile.Write(Path.Combine(directory, MatrixName), matrix.ToArray(), [matrix.Classes, matrix.Classes]);
    }

    /// <summary>The text of <c>metrics.json</c>, one line as Python's <c>json.dump</c> writes it.</summary>
    public static string Json(SegmentationMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var averages = metrics.Averages;
        IEnumerable<string> entries =
        [
            List("Avg_metrics_name", averages.Select(average => PythonText.Json(average.Name))),
            List("Avg_metrics", averages.Select(average => PythonText.Json(average.Value))),
            List("classes", metrics.Classes.Select(entry => PythonText.Json(entry.Name))),
            Figures("per_class_iou", entry => entry.Iou),
            Figures("per_class_fscore", entry => entry.FScore),
            Figures("per_class_precision", entry => entry.Precision),
            Figures("per_class_recall", entry => entry.Recall),
        ];
        return $"{{{string.Join(", ", entries)}}}";

        string Figures(string key, Func<ClassMetrics, double> figure) => List(key, metrics.Classes.Select(entry => PythonText.Json(figure(entry))));
    }

    private static string List(string key, IEnumerable<string> values) => $"\"{key}\": [{string.Join(", ", values)}]";
}
