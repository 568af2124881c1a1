using System.Globalization;
using System.Text;
using Flair.Evaluation;
using Flair.Nomenclatures;
using static Flair.Reporting.HtmlText;

namespace Flair.Reporting;

/// <summary>The figures of every class as a table; a click on a heading sorts it.</summary>
internal static class ClassTable
{
    /// <summary>The table, FLAIR-1's means as its last line, and the classes of weight 0 below.</summary>
    public static string Draw(SegmentationMetrics metrics, ConfusionMatrix matrix, IReadOnlyList<LandCoverClass> classes)
    {
        var html = new StringBuilder("<div class=\"panel wide\"><table class=\"sortable\"><thead><tr><th data-kind=\"text\">class</th>");
        foreach (var heading in new[] { "weight", "pixels", "IoU", "F-score", "precision", "recall" })
            html.Append($"<th>{heading}</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var entry in metrics.Classes)
        {
            html.Append($"<tr><td>{Swatch(classes[entry.Index])}</td>");
            Number(html, entry.Weight, entry.Weight.ToString(CultureInfo.InvariantCulture));
            Number(html, entry.Support, Count(entry.Support));
            foreach (var figure in new[] { entry.Iou, entry.FScore, entry.Precision, entry.Recall })
                html.Append($"<td class=\"bar\" data-value=\"{Raw(figure)}\" style=\"--part:{Place(figure / 100)}\">{Percent(figure)}</td>");
            html.Append("</tr>");
        }

        html.Append($"</tbody><tfoot><tr><td>mean over {metrics.Classes.Count} classes</td><td></td><td>{Count(metrics.Pixels)}</td>");
        foreach (var mean in new[] { metrics.MeanIou, metrics.FScore, metrics.Precision, metrics.Recall })
            html.Append($"<td>{Percent(mean)}</td>");
        html.Append("</tr></tfoot></table>");
        if (metrics.Unused.Count > 0)
        {
            var unused = classes.Where(land => !land.Active).Select(land => $"{Escape(land.Name)} ({Count(matrix.Support(land.Index))} pixels)");
            html.Append($"<p class=\"note\">Of weight 0, not learned and not measured: {string.Join(", ", unused)}.</p>");
        }

        return html.Append("<p class=\"note\">In percent. A class that occurs neither in truth nor in prediction has 0 everywhere and counts in the means, as in FLAIR-1.</p></div>").ToString();
    }

    private static string Swatch(LandCoverClass land) => $"<span class=\"swatch\" style=\"background:{Color(land)}\"></span>{Escape(land.Name)}";

    private static void Number(StringBuilder html, double value, string text) => html.Append($"<td data-value=\"{Raw(value)}\">{text}</td>");

    private static string Raw(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
