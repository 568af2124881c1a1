using System.Text;
using static Flair.Reporting.HtmlText;

namespace Flair.Reporting;

/// <summary>A curve of a chart.</summary>
/// <param name="Name">As the key shows it.</param>
/// <param name="Style">CSS class that colours it: <c>first</c>, <c>second</c> or <c>third</c>.</param>
/// <param name="Values">A value an epoch; NaN leaves a gap.</param>
internal sealed record Curve(string Name, string Style, IReadOnlyList<double> Values);

/// <summary>Curves over epochs as SVG, with a column over each epoch that tells its values.</summary>
internal static class LineChart
{
    private const double Width = 620, Height = 250, Left = 52, Right = 14, Top = 8, Bottom = 34;
    private const double SmallWidth = 200, SmallHeight = 58, SmallLeft = 22, SmallEdge = 4;

    // A quantity that spans more than this is drawn on a logarithmic axis.
    private const double ManyTimes = 30;

    /// <summary>A chart with heading and key.</summary>
    /// <param name="title">Its heading.</param>
    /// <param name="epochs">The epochs' numbers, ascending, one or more.</param>
    /// <param name="curves">As many values each.</param>
    /// <param name="best">An epoch to mark; null for none.</param>
    /// <param name="unit">True where the axis is to run from 0 to 1.</param>
    public static string Draw(string title, IReadOnlyList<int> epochs, IReadOnlyList<Curve> curves, int? best = null, bool unit = false)
    {
        double[] values = [.. curves.SelectMany(curve => curve.Values).Where(double.IsFinite)];
        if (values.Length == 0)
            values = [0, 1];
        var y = unit ? AxisTicks.Linear(0, 1, 5)
            : values.Min() > 0 && values.Max() / values.Min() > ManyTimes ? AxisTicks.Decades(values.Min(), values.Max())
            : AxisTicks.Linear(values.Min(), values.Max(), 5);
        var x = AxisTicks.Whole(epochs[0], epochs[^1], 8);
        var svg = new StringBuilder($"<div class=\"panel\"><div class=\"chart-head\"><h3>{Escape(title)}</h3>");
        foreach (var curve in curves)
            svg.Append($"<span class=\"key\"><i class=\"{curve.Style}\"></i>{Escape(curve.Name)}<b>{Figure(curve.Values[^1])}</b></span>");
        svg.Append($"</div><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(title)} by epoch\">");
        foreach (var (value, text) in y.Marks)
        {
            var at = Place(Row(y, value));
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{at}\" y2=\"{at}\"/><text x=\"{Left - 8}\" y=\"{at}\" dy=\".33em\" text-anchor=\"end\">{text}</text>");
        }

        svg.Append($"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>");
        foreach (var (value, text) in x.Marks)
        {
            var at = Place(Column(x, value));
            svg.Append($"<line class=\"axis\" x1=\"{at}\" x2=\"{at}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom + 4}\"/><text x=\"{at}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{text}</text>");
        }

        svg.Append($"<text x=\"{Width - Right}\" y=\"{Height - 2}\" text-anchor=\"end\">epoch</text>");
        if (best is { } marked)
        {
            var at = Place(Column(x, marked));
            svg.Append($"<line class=\"best\" x1=\"{at}\" x2=\"{at}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"><title>best epoch: {marked}</title></line>");
        }

        foreach (var curve in curves)
            svg.Append(Path(epochs, curve.Values, curve.Style, epoch => Column(x, epoch), value => Row(y, value)));
        Columns(svg, epochs, epoch => Column(x, epoch), Left, Width - Right, Top, Height - Bottom, i =>
            $"epoch {epochs[i]}{string.Concat(curves.Select(curve => $"\n{Escape(curve.Name)} {Figure(curve.Values[i])}"))}");
        return svg.Append("</svg></div>").ToString();
    }

    /// <summary>A small chart of one class, 0 to 1.</summary>
    public static string DrawSmall(string name, string color, bool unused, IReadOnlyList<int> epochs, IReadOnlyList<double> values)
    {
        var x = AxisTicks.Whole(epochs[0], epochs[^1], 2);
        double At(double epoch) => SmallLeft + (x.Share(epoch) * (SmallWidth - SmallLeft - SmallEdge));
        static double Level(double value) => SmallHeight - SmallEdge - (value * (SmallHeight - (2 * SmallEdge)));

        var svg = new StringBuilder($"<div class=\"multiple{(unused ? " unused" : "")}\"><div><span class=\"swatch\" style=\"background:{color}\"></span>");
        svg.Append($"<span>{Escape(name)}</span><b>{Figure(values[^1])}</b></div><svg viewBox=\"0 0 {SmallWidth} {SmallHeight}\" role=\"img\" aria-label=\"IoU of {Escape(name)} by epoch\">");
        foreach (var (level, text) in new[] { (0.0, "0"), (0.5, ""), (1.0, "1") })
        {
            var at = Place(Level(level));
            svg.Append($"<line class=\"grid\" x1=\"{SmallLeft}\" x2=\"{SmallWidth - SmallEdge}\" y1=\"{at}\" y2=\"{at}\"/>");
            if (text.Length > 0)
                svg.Append($"<text x=\"{SmallLeft - 6}\" y=\"{at}\" dy=\".33em\" text-anchor=\"end\">{text}</text>");
        }

        if (epochs.Count > 1 && values.All(double.IsFinite))
        {
            svg.Append($"<path class=\"area\" fill=\"{color}\" d=\"M{Place(At(epochs[0]))} {Place(Level(0))}");
            for (var i = 0; i < epochs.Count; i++)
                svg.Append($"L{Place(At(epochs[i]))} {Place(Level(values[i]))}");
            svg.Append($"L{Place(At(epochs[^1]))} {Place(Level(0))}Z\"/>");
        }

        svg.Append(Path(epochs, values, "", At, Level));
        Columns(svg, epochs, At, SmallLeft, SmallWidth - SmallEdge, 0, SmallHeight, i => $"epoch {epochs[i]}\n{Escape(name)} {Figure(values[i])}");
        return svg.Append("</svg></div>").ToString();
    }

    private static double Column(AxisTicks axis, double epoch) => Left + (axis.Share(epoch) * (Width - Left - Right));

    private static double Row(AxisTicks axis, double value) => Height - Bottom - (axis.Share(value) * (Height - Bottom - Top));

    private static string Path(IReadOnlyList<int> epochs, IReadOnlyList<double> values, string style, Func<double, double> column, Func<double, double> row)
    {
        var path = new StringBuilder();
        var dots = new StringBuilder();
        for (var i = 0; i < epochs.Count; i++)
        {
            if (!double.IsFinite(values[i]))
                continue;
            var joined = i > 0 && double.IsFinite(values[i - 1]);
            path.Append($"{(joined ? 'L' : 'M')}{Place(column(epochs[i]))} {Place(row(values[i]))}");

            // A value without neighbours makes no line.
            if (!joined && (i + 1 == epochs.Count || !double.IsFinite(values[i + 1])))
                dots.Append($"<circle class=\"{style}\" cx=\"{Place(column(epochs[i]))}\" cy=\"{Place(row(values[i]))}\" r=\"3\"/>");
        }

        return $"<path class=\"curve {style}\" d=\"{path}\"/>{dots}";
    }

    private static void Columns(
        StringBuilder svg, IReadOnlyList<int> epochs, Func<double, double> column, double left, double right, double top, double bottom, Func<int, string> text)
    {
        for (var i = 0; i < epochs.Count; i++)
        {
            var from = i == 0 ? left : (column(epochs[i - 1]) + column(epochs[i])) / 2;
            var to = i + 1 == epochs.Count ? right : (column(epochs[i]) + column(epochs[i + 1])) / 2;
            svg.Append($"<rect class=\"over\" x=\"{Place(from)}\" y=\"{Place(top)}\" width=\"{Place(to - from)}\" height=\"{Place(bottom - top)}\"><title>{text(i)}</title></rect>");
        }
    }
}
