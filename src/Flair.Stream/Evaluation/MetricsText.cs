using System.Globalization;

namespace Flair.Evaluation;

/// <summary>The tables that FLAIR-1 prints after an evaluation, column for column.</summary>
public static class MetricsText
{
    private const int WideRule = 90;
    private const int Rule = 65;

    /// <summary>The lines, without line ends.</summary>
    public static IReadOnlyList<string> Lines(SegmentationMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return
        [
            "",
            "Global Metrics: ",
            new('-', WideRule),
            .. metrics.Averages.Select(average => $"{Pad(average.Name, 20)} {Figure(average.Value, 20)}"),
            new('-', WideRule),
            "",
            "",
            $"{Pad("Class", 25)} {Pad("Weight", 15)} {Pad("IoU", 10)} {Pad("F-score", 10)} {Pad("Precision", 10)} {Pad("Recall", 10)}",
            new('-', Rule),
            .. metrics.Classes.Select(entry =>
                $"{Pad(entry.Name, 25)} {Weight(entry.Weight)} {Figure(entry.Iou, 10)} {Figure(entry.FScore, 10)} {Figure(entry.Precision, 10)} {Figure(entry.Recall, 10)}"),
            "",
            "Not learned Classes:",
            $"{Pad("Class", 25)} {Pad("Weight", 15)}",
            new('-', Rule),
            .. metrics.Unused.Select(entry => $"{Pad(entry.Name, 25)} {Weight(entry.Weight)}"),
            "",
            "",
            "",
        ];
    }

    private static string Weight(double weight) => Pad(weight.ToString(CultureInfo.InvariantCulture), 15);

    private static string Figure(double value, int width) => Pad(PythonText.Fixed(value), width);

    // Python counts code points where .NET counts UTF-16 units.
    private static string Pad(string text, int width) => text + new string(' ', Math.Max(0, width - text.EnumerateRunes().Count()));
}
