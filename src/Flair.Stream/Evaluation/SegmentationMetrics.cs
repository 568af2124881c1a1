using Flair.Settings;

namespace Flair.Evaluation;

/// <summary>The figures of one class, in percent.</summary>
/// <param name="Index">Its index in the confusion matrix.</param>
/// <param name="Name">Its name.</param>
/// <param name="Weight">Its weight, not 0.</param>
/// <param name="Support">Pixels that are truly of the class, among the classes measured.</param>
/// <param name="Iou">Right pixels over all that are or were predicted as the class.</param>
/// <param name="FScore">Harmonic mean of precision and recall.</param>
/// <param name="Precision">Right pixels over all predicted as the class.</param>
/// <param name="Recall">Right pixels over all truly of the class.</param>
public sealed record ClassMetrics(int Index, string Name, double Weight, long Support, double Iou, double FScore, double Precision, double Recall);

/// <summary>
/// FLAIR-1's figures (<c>metrics.py</c>), to the last digit: the rows and columns of classes of weight 0 are taken out of the confusion matrix
/// first, a class's figure that has nothing to divide by is 0, and it counts as 0 in the means.
/// </summary>
public sealed class SegmentationMetrics
{
    private SegmentationMetrics(ConfusionMatrix measured, IReadOnlyList<ClassMetrics> classes, IReadOnlyList<TrainingClass> unused)
    {
        Classes = classes;
        Unused = unused;
        Pixels = measured.Total;
        MeanIou = Mean(entry => entry.Iou);
        OverallAccuracy = 100 * (measured.Right / (double)measured.Total);
        FScore = Mean(entry => entry.FScore);
        Precision = Mean(entry => entry.Precision);
        Recall = Mean(entry => entry.Recall);
    }

    /// <summary>The classes measured, in their order.</summary>
    public IReadOnlyList<ClassMetrics> Classes { get; }

    /// <summary>The classes of weight 0, in their order.</summary>
    public IReadOnlyList<TrainingClass> Unused { get; }

    /// <summary>Pixels measured.</summary>
    public long Pixels { get; }

    /// <summary>Mean IoU, in percent; NaN where no class is measured.</summary>
    public double MeanIou { get; }

    /// <summary>
    /// Mean IoU over the classes that truly occur, in percent; NaN where none does. FLAIR-1 does not give it: its <see cref="MeanIou"/> counts a
    /// class that the masks happen not to show as 0.
    /// </summary>
    public double MeanIouOfPresent => Classes.Where(entry => entry.Support > 0).Select(entry => entry.Iou).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Right pixels over all, in percent; NaN where no pixel is measured.</summary>
    public double OverallAccuracy { get; }

    /// <summary>Mean F-score, in percent; NaN where no class is measured.</summary>
    public double FScore { get; }

    /// <summary>Mean precision, in percent; NaN where no class is measured.</summary>
    public double Precision { get; }

    /// <summary>Mean recall, in percent; NaN where no class is measured.</summary>
    public double Recall { get; }

    /// <summary>The means by the names that FLAIR-1 gives them, in its order.</summary>
    public IReadOnlyList<(string Name, double Value)> Averages =>
        [("mIoU", MeanIou), ("Overall Accuracy", OverallAccuracy), ("Fscore", FScore), ("Precision", Precision), ("Recall", Recall)];

    /// <summary>Computes the figures.</summary>
    /// <param name="matrix">All pixels.</param>
    /// <param name="classes">The classes, one a row.</param>
    /// <exception cref="FlairException">Every class has weight 0.</exception>
    public static SegmentationMetrics Of(ConfusionMatrix matrix, IReadOnlyList<TrainingClass> classes)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(classes.Count, matrix.Classes);
        int[] used = [.. Enumerable.Range(0, classes.Count).Where(index => classes[index].Weight != 0)];
        if (used.Length == 0)
            throw new FlairException("classes: every class has weight 0, so there is nothing to measure; give one a weight");
        var measured = matrix.Keep(used);
        var figures = new ClassMetrics[used.Length];
        for (var i = 0; i < used.Length; i++)
        {
            long right = measured[i, i], support = measured.Support(i), predicted = measured.Predicted(i);
            var precision = Percent(right, predicted);
            var recall = Percent(right, support);
            var fScore = precision + recall == 0 ? 0 : 2 * (precision * recall) / (precision + recall);
            figures[i] = new(used[i], classes[used[i]].Name, classes[used[i]].Weight, support, Percent(right, support + predicted - right), fScore, precision, recall);
        }

        return new SegmentationMetrics(measured, figures, [.. classes.Where(entry => entry.Weight == 0)]);
    }

    private static double Percent(long part, long whole) => whole == 0 ? 0 : 100 * part / (double)whole;

    private double Mean(Func<ClassMetrics, double> figure) => NumpySum.Mean(Classes.Select(figure).ToArray());
}
