using System.Globalization;
using System.Reflection;
using System.Text;
using Flair.Evaluation;
using Flair.Nomenclatures;
using Flair.Training;
using static Flair.Reporting.HtmlText;

namespace Flair.Reporting;

/// <summary>
/// The page that a person looks at after a training and an evaluation: curves, confusion matrix, classes, settings, and patches. One file without
/// anything outside it, which also reads as XML; the same content gives the same bytes.
/// </summary>
public static class HtmlReport
{
    /// <summary>Its name in the output directory.</summary>
    public const string FileName = "report.html";

    /// <summary>Writes it; it bears its name only when it is complete.</summary>
    /// <exception cref="FlairException">It cannot be written, or a patch to show cannot be read.</exception>
    public static void Write(string path, ReportContent content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var html = Encoding.UTF8.GetBytes(Html(content));
        OutputGuard.Run($"{path}: the report cannot be written", () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            DurableFile.WriteAllBytes(path, html);
        });
    }

    /// <summary>The page.</summary>
    public static string Html(ReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var classes = ClassPalette.Of(content.Settings.Classes);
        var sections = new List<(string Id, string Title, string Body)>();
        if (content.History.Epochs.Count > 0)
            sections.Add(("training", "Training", Curves(content, classes)));
        if (content.Metrics is { } metrics)
        {
            sections.Add(("classes", "Classes", ClassTable.Draw(metrics.Metrics, metrics.Matrix, classes)));
            sections.Add(("confusion", "Confusion matrix", MatrixChart.Draw(metrics.Matrix, classes)));
            sections.Add(("patches", "Patches", Patches(content, metrics, classes)));
        }

        sections.Add(("settings", "Settings", SettingsTable.Draw(content)));
        var name = Escape(content.Settings.Name);
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        page.Append($"<title>{name}</title>\n<style>\n{Asset("report.css")}</style></head>\n<body><nav><div><b>{name}</b>");
        foreach (var (id, title, _) in sections)
            page.Append($"<a href=\"#{id}\">{title}</a>");
        page.Append($"</div></nav>\n<main><header><h1>{name}</h1><p>{Subtitle(content)}</p></header>{Cards(content)}");
        foreach (var (id, title, body) in sections)
            page.Append($"\n<section id=\"{id}\"><h2>{title}</h2>{body}</section>");
        page.Append($"\n<footer>Flair.Stream</footer></main>\n<script>\n{Asset("report.js")}</script></body></html>\n");
        return page.ToString();
    }

    private static string Subtitle(ReportContent content)
    {
        var settings = content.Settings;
        var parts = new List<string> { Escape(settings.Architecture), $"{settings.Channels.Count} channels", $"{settings.Classes.Count(entry => entry.Weight != 0)} classes learned" };
        if (content.History.Epochs is { Count: > 0 } epochs)
            parts.Add($"{epochs.Count} epoch{(epochs.Count == 1 ? "" : "s")} in {Duration(epochs.Sum(epoch => epoch.Seconds))}");
        if (content.Metrics is { } metrics)
            parts.Add($"{Count(metrics.Patches.Count)} test patches");
        return string.Join(" · ", parts);
    }

    private static string Cards(ReportContent content)
    {
        var cards = new StringBuilder();
        if (content.Metrics is { Metrics: var metrics })
        {
            var present = metrics.Classes.Count(entry => entry.Support > 0);
            Card("mIoU", Percent(metrics.MeanIou), "%", present < metrics.Classes.Count ? $"{Percent(metrics.MeanIouOfPresent)} % over the {present} present" : $"over {present} classes", lead: true);
            Card("Overall accuracy", Percent(metrics.OverallAccuracy), "%", $"{Count(metrics.Pixels)} pixels");
            Card("F-score", Percent(metrics.FScore), "%", "mean over classes");
            Card("Precision", Percent(metrics.Precision), "%", "mean over classes");
            Card("Recall", Percent(metrics.Recall), "%", "mean over classes");
        }

        if (Best(content) is { } best)
        {
            var monitor = content.Settings.Checkpoints.Monitor;
            var other = monitor == "val_miou" ? "val_loss" : "val_miou";
            Card($"Best {Escape(monitor)}", Figure(content.History.Value(best, monitor)!.Value), "", $"epoch {best.Epoch}");
            Card($"{other} there", Figure(content.History.Value(best, other)!.Value), "", other == "val_miou" ? "weighted by pixels" : "mean over batches");
        }

        return cards.Length == 0 ? "" : $"<div class=\"cards\">{cards}</div>";

        void Card(string name, string value, string unit, string more, bool lead = false) =>
            cards.Append($"<div class=\"panel card{(lead ? " lead" : "")}\"><div class=\"name\">{name}</div><div class=\"value\">{value}<small> {unit}</small></div><div class=\"more\">{more}</div></div>");
    }

    private static EpochRecord? Best(ReportContent content) => content.History.Best(content.Settings.Checkpoints.Monitor, content.Settings.Checkpoints.Maximize);

    private static string Curves(ReportContent content, IReadOnlyList<LandCoverClass> classes)
    {
        var records = content.History.Epochs;
        int[] epochs = [.. records.Select(record => record.Epoch)];
        var best = Best(content)?.Epoch;
        var html = new StringBuilder("<div class=\"charts\">");
        html.Append(LineChart.Draw("Loss", epochs, [Curve("train", "first", record => record.TrainLoss), Curve("validation", "second", record => record.ValLoss)], best));
        List<Curve> miou = [Curve("validation", "second", record => record.ValMiou)];
        if (records.Any(record => record.TrainMiou is not null))
            miou.Insert(0, Curve("train", "first", record => record.TrainMiou ?? double.NaN));
        html.Append(LineChart.Draw("mIoU weighted by pixels", epochs, miou, best, low: 0, high: 1));
        html.Append(LineChart.Draw("Learning rate", epochs, [Curve("lr", "third", record => record.LearningRate)], best));
        html.Append(LineChart.Draw("Seconds an epoch", epochs, [Curve("seconds", "third", record => record.Seconds)], low: 0));
        html.Append("</div><div class=\"panel\" style=\"margin-top:.9rem\"><div class=\"chart-head\"><h3>Validation IoU of each class</h3></div><div class=\"multiples\">");
        foreach (var land in classes.Where(land => land.Active && land.Index < content.History.Classes.Count))
            html.Append(LineChart.DrawSmall(land.Name, Color(land), epochs, [.. records.Select(record => record.ValIou[land.Index])]));

        html.Append("</div></div>");
        if (best is not null)
            html.Append($"<p class=\"note\">The dashed line marks epoch {best.Value.ToString(CultureInfo.InvariantCulture)}, which has the best {Escape(content.Settings.Checkpoints.Monitor)}.</p>");
        return html.ToString();

        Curve Curve(string name, string style, Func<EpochRecord, double> value) => new(name, style, [.. records.Select(value)]);
    }

    private static string Patches(ReportContent content, MetricsResult metrics, IReadOnlyList<LandCoverClass> classes)
    {
        var chosen = PatchTriples.Choose(metrics.Patches);
        if (chosen.Any(choice => !File.Exists(choice.Patch.Prediction)))
            return "<p class=\"note\">The predictions were deleted before this page was written.</p>";
        var note = chosen.Count < metrics.Patches.Count ? $"<p class=\"note\">{chosen.Count} of {Count(metrics.Patches.Count)} patches, by their share of right pixels.</p>" : "";
        return PatchTriples.Draw(content.Settings, metrics.Patches, classes) + note
            + (MetricsRun.OutsideText(content.Settings, metrics.Matrix) is { } outside ? $"<p class=\"note\">Not compared, {Escape(outside)}; clear in the pictures.</p>" : "");
    }

    private static string Asset(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Flair.Reporting.Assets.{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
