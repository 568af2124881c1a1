using System.Globalization;
using System.Text;
using Flair.Evaluation;
using Flair.Nomenclatures;
using static Flair.Reporting.HtmlText;

namespace Flair.Reporting;

/// <summary>The confusion matrix as a heat map, in shares of the truth, of the prediction, or of all pixels; the choice is CSS.</summary>
internal static class MatrixChart
{
    private const int Side = 34, LabelWidth = 190, LabelHeight = 150, SupportWidth = 96, Edge = 8;

    // Beyond this many classes numbers do not fit, and one share is enough for the eye and the file.
    private const int MostNumbered = 30;
    private const double Strong = 0.62;

    /// <summary>Draws it; classes that occur neither in truth nor prediction have no row.</summary>
    public static string Draw(ConfusionMatrix matrix, IReadOnlyList<LandCoverClass> classes)
    {
        LandCoverClass[] shown = [.. classes.Where(land => matrix.Support(land.Index) + matrix.Predicted(land.Index) > 0)];
        if (shown.Length == 0)
            return "<p class=\"note\">No pixel was compared.</p>";
        var numbered = shown.Length <= MostNumbered;
        (string Id, string Name, Func<int, int, double> Share)[] modes =
        [
            ("by-truth", "share of the truth (recall)", (truth, prediction) => Ratio(matrix[truth, prediction], matrix.Support(truth))),
            ("by-prediction", "share of the prediction (precision)", (truth, prediction) => Ratio(matrix[truth, prediction], matrix.Predicted(prediction))),
            ("by-all", "share of all pixels", (truth, prediction) => Ratio(matrix[truth, prediction], matrix.Total)),
        ];
        if (!numbered)
            modes = modes[..1];

        var html = new StringBuilder("<div class=\"panel matrix\">");
        foreach (var (id, _, _) in modes)
            html.Append($"<input type=\"radio\" name=\"share\" id=\"{id}\"{(id == modes[0].Id ? " checked=\"checked\"" : "")}/>");
        html.Append("<div class=\"modes\">");
        foreach (var (id, name, _) in modes)
            html.Append($"<label for=\"{id}\">{name}</label>");
        int width = LabelWidth + (Side * shown.Length) + SupportWidth, height = LabelHeight + (Side * shown.Length) + Edge;
        html.Append($"</div><svg viewBox=\"0 0 {width} {height}\" style=\"max-width:{Math.Max(width, 560)}px\" role=\"img\" aria-label=\"confusion matrix\">");
        Labels(html, matrix, shown);
        foreach (var (id, _, share) in modes)
            Cells(html, id, shown, share, numbered);

        // What tells the counts lies above all shares.
        for (var row = 0; row < shown.Length; row++)
        {
            for (var column = 0; column < shown.Length; column++)
            {
                var count = matrix[shown[row].Index, shown[column].Index];
                if (count == 0)
                    continue;
                var (truth, prediction) = (shown[row], shown[column]);
                html.Append($"<rect class=\"hit\" {At(row, column)}><title>truth {Escape(truth.Name)}\nprediction {Escape(prediction.Name)}\n{Count(count)} pixels\n"
                    + $"{Share(count, matrix.Support(truth.Index))} of the truth\n{Share(count, matrix.Predicted(prediction.Index))} of the prediction</title></rect>");
            }
        }

        html.Append("</svg>");
        var absent = classes.Except(shown).Select(land => land.Name).ToArray();
        if (absent.Length > 0)
            html.Append($"<p class=\"note\">Neither in truth nor in prediction: {Escape(string.Join(", ", absent))}.</p>");
        return html.Append("<p class=\"note\">Rows are the truth, columns the prediction; blue is right, orange is wrong. Colour grows with the square root of the share, so that small confusions show. Hover over a cell for its pixels.</p></div>").ToString();
    }

    private static void Labels(StringBuilder html, ConfusionMatrix matrix, LandCoverClass[] shown)
    {
        html.Append($"<text class=\"title\" x=\"{LabelWidth - 34}\" y=\"{LabelHeight - 12}\" text-anchor=\"end\">truth ↓ · prediction →</text>");
        html.Append($"<text class=\"title\" x=\"{LabelWidth + (Side * shown.Length) + SupportWidth - 4}\" y=\"{LabelHeight - 12}\" text-anchor=\"end\">pixels</text>");
        for (var i = 0; i < shown.Length; i++)
        {
            var land = shown[i];
            var style = land.Active ? "label" : "label unused";
            int x = LabelWidth + (Side * i) + (Side / 2), y = LabelHeight + (Side * i) + (Side / 2);
            html.Append($"<rect class=\"swatch-box\" x=\"{LabelWidth - 24}\" y=\"{y - 6}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{Color(land)}\"/>");
            html.Append($"<text class=\"{style}\" x=\"{LabelWidth - 34}\" y=\"{y}\" dy=\".33em\" text-anchor=\"end\">{Escape(Short(land.Name))}</text>");
            html.Append($"<rect class=\"swatch-box\" x=\"{x - 6}\" y=\"{LabelHeight - 24}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{Color(land)}\"/>");
            html.Append($"<text class=\"{style}\" transform=\"translate({x},{LabelHeight - 34}) rotate(-60)\" dy=\".33em\">{Escape(Short(land.Name))}</text>");
            html.Append($"<text x=\"{LabelWidth + (Side * shown.Length) + SupportWidth - 4}\" y=\"{y}\" dy=\".33em\" text-anchor=\"end\">{Count(matrix.Support(land.Index))}</text>");
        }
    }

    private static void Cells(StringBuilder html, string id, LandCoverClass[] shown, Func<int, int, double> share, bool numbered)
    {
        html.Append($"<g class=\"mode {id}\">");
        for (var row = 0; row < shown.Length; row++)
        {
            for (var column = 0; column < shown.Length; column++)
            {
                var part = share(shown[row].Index, shown[column].Index);
                if (part == 0)
                {
                    html.Append($"<rect class=\"back\" {At(row, column)}/>");
                    continue;
                }

                var opacity = Math.Sqrt(part);
                html.Append($"<rect class=\"{(row == column ? "right" : "wrong")}\" {At(row, column)} fill-opacity=\"{Place(Math.Max(opacity, 0.02))}\"/>");
                const double least = 0.005;
                if (numbered && part >= least)
                {
                    html.Append($"<text class=\"cell{(opacity > Strong ? " strong" : "")}\" x=\"{LabelWidth + (Side * column) + (Side / 2)}\" y=\"{LabelHeight + (Side * row) + (Side / 2)}\" dy=\".35em\">"
                        + $"{(100 * part).ToString(part < 0.0995 ? "0.0" : "0", CultureInfo.InvariantCulture)}</text>");
                }
            }
        }

        html.Append("</g>");
    }

    private static string At(int row, int column) =>
        $"x=\"{LabelWidth + (Side * column) + 1}\" y=\"{LabelHeight + (Side * row) + 1}\" width=\"{Side - 2}\" height=\"{Side - 2}\" rx=\"3\"";

    private static string Short(string name) => name.Length <= 24 ? name : name[..23] + "…";

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : part / (double)whole;

    private static string Share(long part, long whole) => $"{Percent(100 * Ratio(part, whole))} %";
}
