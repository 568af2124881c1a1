using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Flair.Settings;

/// <summary>Writes settings as a pipeline YAML: the run's record, from which the same run can be started again.</summary>
public static class RunSettingsText
{
    /// <summary>Every setting, defaults too, always in the same order, paths absolute; reading it back gives the same settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>YAML with a newline at its end.</returns>
    public static string ToYaml(RunSettings settings)
    {
        var yaml = new StringBuilder();
        yaml.Append("inputs:\n");
        foreach (var product in settings.Inputs)
        {
            Line(yaml, "  - name", Quote(product.Name));
            if (product.Height is { } height)
            {
                Line(yaml, "    surface", List(height.Surface, QuotePath));
                if (height.Terrain.Count > 0)
                    Line(yaml, "    terrain", List(height.Terrain, QuotePath));
                Line(yaml, "    unit", Number(height.Unit));
            }
            else
            {
                Line(yaml, "    path", List(product.Paths, QuotePath));
                Line(yaml, "    bands", List(product.Bands, Number));
            }
        }

        if (settings.Crs is not null)
            Line(yaml, "crs", Quote(settings.Crs));
        yaml.Append("model:\n");
        Line(yaml, "  architecture", Quote(settings.Model.Architecture));
        Line(yaml, "  weights", settings.Model.Weights == RunSettingsRules.Formula ? RunSettingsRules.Formula : QuotePath(settings.Model.Weights));
        Line(yaml, "  classes", RunSettingsRules.IsPath(settings.Model.Classes) ? QuotePath(settings.Model.Classes) : Quote(settings.Model.Classes));
        if (settings.Model.Logits is { } logits)
            Line(yaml, "  logits", Number(logits));
        yaml.Append("normalization:\n");
        Line(yaml, "  type", Word(settings.Normalization.Type));
        if (settings.Normalization.Type == NormalizationType.Custom)
        {
            Line(yaml, "  means", List(settings.Normalization.Means, Number));
            Line(yaml, "  stds", List(settings.Normalization.Stds, Number));
        }

        Line(yaml, "window", $"{{ size: {Number(settings.Window.Size)}, margin: {Number(settings.Window.Margin)} }}");
        Line(yaml, "batch", Number(settings.BatchSize));
        Line(yaml, "stitch", Word(settings.Stitch));
        Line(yaml, "outputs", $"{{ classes: {Flag(settings.Outputs.Classes)}, probabilities: {Flag(settings.Outputs.Probabilities)}, confidence: {Flag(settings.Outputs.Confidence)} }}");
        Line(yaml, "nodata", $"{{ value: {Quote(settings.Nodata.Value)}, solid: {Number(settings.Nodata.Solid)} }}");
        Line(yaml, "precision", Word(settings.Precision));
        Line(yaml, "device", Quote(settings.Device));
        var resources = settings.Resources;
        Line(
            yaml,
            "resources",
            $"{{ threads: {Number(resources.Threads)}, readers: {Number(resources.Readers)}, attempts: {Number(resources.Attempts)}, watchdog: {Number(resources.Watchdog)}, "
            + $"stall_minutes: {Number(resources.StallMinutes)}, restarts: {Number(resources.Restarts)}, quarantine_days: {Number(resources.QuarantineDays)}{(resources.Work is { } work ? $", work: {QuotePath(work)}" : "")} }}");
        if (settings.TelemetryEndpoint is { } endpoint)
            Line(yaml, "telemetry", $"{{ endpoint: {Quote(endpoint)} }}");
        Line(yaml, "output", QuotePath(settings.Output));
        if (settings.FlairDetect is { } flair)
            Line(yaml, "flair_detect", $"{{ output_name: {Quote(flair.OutputName)}, write_dataframe: {Flag(flair.WriteDataframe)} }}");
        return yaml.ToString();
    }

    internal static string Number<T>(T value)
        where T : IFormattable => value.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture);

    internal static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    internal static string List<T>(IEnumerable<T> values, Func<T, string> format) => $"[{string.Join(", ", values.Select(format))}]";

    internal static string Flag(bool value) => value ? "true" : "false";

    private static void Line(StringBuilder yaml, string key, string value) => yaml.Append(key).Append(": ").Append(value).Append('\n');

    // Absolute, so that the record can lie anywhere.
    private static string QuotePath(string path) => Quote(SettingsPaths.Resolve(path, Environment.CurrentDirectory));

    // A JSON string is a YAML string.
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
