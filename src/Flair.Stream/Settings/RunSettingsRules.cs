using System.Globalization;
using System.Text.RegularExpressions;
using Flair.Models;
using Flair.Nomenclatures;

namespace Flair.Settings;

/// <summary>What must hold between settings, whichever file they come from.</summary>
internal static partial class RunSettingsRules
{
    /// <summary>The word in place of a weights file.</summary>
    public const string Formula = "formula";

    /// <summary>libtorch starts as many as it is told, and hangs with a hundred thousand.</summary>
    private const int MostThreads = 1024;

    /// <summary>Each doubles the wait before it.</summary>
    private const int MostAttempts = 100;

    /// <summary>A year.</summary>
    private const double MostMinutes = 525600;

    /// <summary>A window of 8192 px takes 100 GB in the smallest network; far beyond, sizes in bytes overflow.</summary>
    private const int LargestWindow = 8192;

    /// <summary>Networks of so many channels do not exist, and a list of millions is no list of bands.</summary>
    private const int MostChannels = 1024;

    private const int MostProducts = 64;

    [GeneratedRegex("^EPSG:[0-9]{4,6}$")]
    private static partial Regex EpsgCode();

    [GeneratedRegex("^(auto|cpu|cuda|cuda:[0-9]{1,2})$")]
    private static partial Regex DeviceName();

    /// <summary>True when a device is named as libtorch does, or <c>auto</c>.</summary>
    public static bool IsDevice(string device) => DeviceName().IsMatch(device);

    /// <summary>True when the classes are a file's path, not a built-in name.</summary>
    public static bool IsPath(string classes) => classes.Contains('/', StringComparison.Ordinal) || classes.Contains('.', StringComparison.Ordinal);

    /// <summary>Adds what is wrong to the report.</summary>
    public static void Check(RunSettings settings, SettingsReport report)
    {
        CheckInputs(settings, report);
        CheckModel(settings.Model, report);
        CheckNormalization(settings, report);
        CheckWindow(settings, report);
        AtLeast(report, "batch", settings.BatchSize, 1);
        AtLeast(report, "nodata.solid", settings.Nodata.Solid, 1);
        AtLeast(report, "resources.threads", settings.Resources.Threads, 0);
        AtMost(report, "resources.threads", settings.Resources.Threads, MostThreads);
        AtLeast(report, "resources.readers", settings.Resources.Readers, 0);
        AtMost(report, "resources.readers", settings.Resources.Readers, MostThreads);
        AtLeast(report, "resources.attempts", settings.Resources.Attempts, 1);
        if (!ResourceSettings.IsWatchdog(settings.Resources.Watchdog))
            report.Fail("resources.watchdog", string.Create(CultureInfo.InvariantCulture, $"'resources.watchdog' must be 0 (off) or 0.1 to 1440 minutes, not {settings.Resources.Watchdog}"));
        if (settings.TelemetryEndpoint is { } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            report.Fail("telemetry.endpoint", $"'telemetry.endpoint' must be a URL such as http://localhost:4318, not '{endpoint}'");
        AtMost(report, "resources.attempts", settings.Resources.Attempts, MostAttempts);
        AtLeast(report, "resources.restarts", settings.Resources.Restarts, 0);
        AtLeast(report, "resources.quarantine_days", settings.Resources.QuarantineDays, 0);
        if (settings.Resources.StallMinutes is < 0 or > MostMinutes)
            report.Fail("resources.stall_minutes", string.Create(CultureInfo.InvariantCulture, $"'{report.KeyOf("resources.stall_minutes")}' must be between 0 (never) and {MostMinutes}, not {settings.Resources.StallMinutes}"));

        if (settings.FlairDetect is null && !settings.Outputs.Classes)
            report.Fail("outputs.classes", "the class codes are always written; take 'outputs.classes: false' out");
        if (!IsDevice(settings.Device))
            report.Fail("device", $"'device' must be auto, cpu, cuda or cuda:N, not '{settings.Device}'");
        else if (settings is { Precision: Precision.Fp16, Device: "cpu" })
            report.Fail("precision", "precision fp16 needs CUDA and the device is cpu; take bf16 or fp32");
        if (settings.Crs is { } crs && !EpsgCode().IsMatch(crs))
            report.Fail("crs", $"'crs' must be an EPSG code such as EPSG:2154, not '{crs}'");
        if (settings.Nodata.Value is not ("auto" or "none") && !double.TryParse(settings.Nodata.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            report.Fail("nodata.value", $"'nodata.value' must be auto, none or a number, not '{settings.Nodata.Value}'");
        if (settings.FlairDetect is { } flair && (flair.OutputName.Length == 0 || flair.OutputName.IndexOfAny(['/', '\\']) >= 0))
            report.Fail("flair_detect.output_name", $"'{report.KeyOf("flair_detect.output_name")}' must be a file name, not '{flair.OutputName}'");
    }

    private static void CheckInputs(RunSettings settings, SettingsReport report)
    {
        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(settings.Output));
        if (settings.Inputs.Count > MostProducts || settings.Inputs.Sum(p => p.ChannelCount) > MostChannels)
        {
            report.Fail("inputs", $"there are {settings.Inputs.Count} products with {settings.Inputs.Sum(p => p.ChannelCount)} channels; {MostProducts} and {MostChannels} are the most");
            return;
        }

        for (var i = 0; i < settings.Inputs.Count; i++)
        {
            var product = settings.Inputs[i];
            var setting = $"inputs.{i}";
            if (settings.Inputs.Take(i).Any(p => p.Name == product.Name))
                report.Fail($"{setting}.name", $"two products are named '{product.Name}'");
            if (product.Height is { Unit: <= 0 })
                report.Fail($"{setting}.unit", "'unit' must be more than 0 metres");
            if (product.Height is null && product.Bands.Count == 0)
                report.Fail($"{setting}.bands", "no bands are listed; the model needs at least one");
            foreach (var band in product.Bands.Where(b => b < 1))
                report.Fail($"{setting}.bands", $"bands are numbered from 1; {band} is not a band");
            foreach (var path in product.Paths)
            {
                if (Flair.Storage.ObjectPath.IsRemoteText(path))
                    continue;
                var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
                var overwritten = settings.FlairDetect is { } flair
                    ? full == Path.Combine(output, flair.OutputName + ".tif")
                    : full == output || Path.GetDirectoryName(full) == output;
                if (overwritten)
                    report.Fail("output", $"the result would overwrite the input {path}; give another output directory");
            }
        }
    }

    private static void CheckModel(ModelSettings model, SettingsReport report)
    {
        if (model.Weights != Formula && !Flair.Storage.ObjectPath.IsRemoteText(model.Weights) && !File.Exists(model.Weights))
        {
            var what = Directory.Exists(model.Weights) ? "is a directory, not a file" : "does not exist";
            report.Fail("model.weights", $"the weights file {model.Weights} {what}; name a .pth, .ckpt or .safetensors file, or 'formula' for untrained weights");
        }

        if (!ArchitectureRegistry.Names.Contains(model.Architecture))
            report.Fail("model.architecture", $"there is no model '{model.Architecture}'{ArchitectureRegistry.Suggest(model.Architecture)}");

        if (IsPath(model.Classes) ? !File.Exists(model.Classes) : !Nomenclature.IsBuiltIn(model.Classes))
        {
            report.Fail("model.classes", IsPath(model.Classes)
                ? $"the nomenclature file {model.Classes} does not exist"
                : $"there is no nomenclature '{model.Classes}' ({string.Join(", ", Nomenclature.BuiltInNames)}, or the path of a YAML file){NearestName.Hint(model.Classes, Nomenclature.BuiltInNames)}");
        }

        if (model.Logits is { } logits and (< 1 or > Nomenclature.MaximumClasses))
            report.Fail("model.logits", $"'{report.KeyOf("model.logits")}' must be 1 to {Nomenclature.MaximumClasses}, not {logits}");
    }

    private static void CheckNormalization(RunSettings settings, SettingsReport report)
    {
        if (settings.Normalization is not { Type: NormalizationType.Custom } normalization)
            return;
        var channels = settings.Inputs.Sum(p => p.ChannelCount);
        CheckLength("normalization.means", normalization.Means.Count);
        CheckLength("normalization.stds", normalization.Stds.Count);
        foreach (var std in normalization.Stds.Where(s => s <= 0))
            report.Fail("normalization.stds", string.Create(CultureInfo.InvariantCulture, $"a standard deviation must be more than 0, not {std}"));

        void CheckLength(string setting, int count)
        {
            if (count != channels)
                report.Fail(setting, $"'{report.KeyOf(setting)}' has {count} {(count == 1 ? "value" : "values")} for {channels} {(channels == 1 ? "channel" : "channels")} ({Describe(settings.Inputs)}); give one a channel");
        }
    }

    private static void CheckWindow(RunSettings settings, SettingsReport report)
    {
        var window = settings.Window;
        var (size, margin) = (report.KeyOf("window.size"), report.KeyOf("window.margin"));
        if (ArchitectureRegistry.Names.Contains(settings.Model.Architecture))
        {
            var sizes = ArchitectureRegistry.Parse(settings.Model.Architecture).Architecture.Sizes;
            if (!sizes.Contains(window.Size))
                report.Fail("window.size", $"'{size}' must be {sizes.One}, not {window.Size}; the nearest is {sizes.Nearest(window.Size)}");
        }

        AtMost(report, "window.size", window.Size, LargestWindow);
        if (window.Margin < 0)
            report.Fail("window.margin", $"'{margin}' must be 0 or more, not {window.Margin}");
        else if (2L * window.Margin >= window.Size)
            report.Fail("window.margin", $"the margin is too large: twice '{margin}' ({window.Margin}) must be less than '{size}' ({window.Size})");
    }

    private static void AtLeast(SettingsReport report, string setting, int value, int least)
    {
        if (value < least)
            report.Fail(setting, $"'{report.KeyOf(setting)}' must be {least} or more, not {value}");
    }

    private static void AtMost(SettingsReport report, string setting, int value, int most)
    {
        if (value > most)
            report.Fail(setting, $"'{report.KeyOf(setting)}' must be {most} or less, not {value}");
    }

    private static string Describe(IReadOnlyList<ProductSettings> inputs) =>
        string.Join("; ", inputs.Select(p => p.Height is null ? $"{p.Name}: {string.Join(", ", p.Bands)}" : $"{p.Name}: height"));
}
