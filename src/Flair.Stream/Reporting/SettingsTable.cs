using System.Globalization;
using Flair.Settings;
using Flair.Telemetry;
using static Flair.Reporting.HtmlText;

namespace Flair.Reporting;

/// <summary>What a training was asked to do, by FLAIR-1's keys.</summary>
internal static class SettingsTable
{
    /// <summary>The settings, and further facts after them.</summary>
    public static string Draw(ReportContent content)
    {
        var lines = Lines(content.Settings).Concat(content.Facts).Where(line => line.Value.Length > 0)
            .Select(line => $"<div><dt>{Escape(line.Name)}</dt><dd>{Escape(Redactor.Clean(line.Value))}</dd></div>");
        return $"<div class=\"panel\"><dl class=\"settings\">{string.Concat(lines)}</dl></div>";
    }

    private static IEnumerable<(string Name, string Value)> Lines(TrainingSettings settings)
    {
        yield return ("model", settings.Architecture);
        yield return ("channels", string.Join(", ", settings.Channels));
        yield return ("classes", settings.Classes.Count.ToString(CultureInfo.InvariantCulture));
        yield return ("train_csv", settings.TrainCsv ?? "");
        yield return ("val_csv", settings.ValCsv ?? "");
        yield return ("test_csv", settings.TestCsv ?? "");
        yield return ("ckpt_model_path", settings.Checkpoint ?? "");
        yield return ("norm_type", settings.Normalization.Type.ToString().ToLowerInvariant());
        yield return ("norm_means", Numbers(settings.Normalization.Means));
        yield return ("norm_stds", Numbers(settings.Normalization.Stds));
        yield return ("use_augmentation", YesNo(settings.UseAugmentation));
        yield return ("use_metadata", YesNo(settings.UseMetadata));
        yield return ("use_weights", YesNo(settings.UseWeights));
        yield return ("supervision_starts_at_one", YesNo(settings.SupervisionStartsAtOne));
        yield return ("batch_size", settings.BatchSize.ToString(CultureInfo.InvariantCulture));
        yield return ("learning_rate", settings.LearningRate.ToString(CultureInfo.InvariantCulture));
        yield return ("num_epochs", settings.Epochs.ToString(CultureInfo.InvariantCulture));
        yield return ("seed", settings.Seed.ToString(CultureInfo.InvariantCulture));
        yield return ("ckpt_monitor", $"{settings.Checkpoints.Monitor}, {(settings.Checkpoints.Maximize ? "max" : "min")}");
        yield return ("ckpt_earlystopping_patience", settings.Checkpoints.EarlyStoppingPatience.ToString(CultureInfo.InvariantCulture));
        yield return ("device", settings.Device);
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Numbers(IReadOnlyList<double> values) => string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)));
}
