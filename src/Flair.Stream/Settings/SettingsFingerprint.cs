namespace Flair.Settings;

/// <summary>
/// Tells whether two runs compute the same pixels from the same inputs and model. It covers every setting that changes a pixel of any
/// output, and none that does not: not paths, names, threads, readers or attempts. The model has a fingerprint of its own.
/// </summary>
public static class SettingsFingerprint
{
    /// <summary>
    /// Raised whenever the same settings, inputs and model give other pixels than before. Another version of the program goes on with an output directory as
    /// long as this is the same. 2 where there is bfloat16 (int8 has it beside bytes): it is multiplied by Winograd's filtering, which rounds otherwise.
    /// </summary>
    /// <param name="precision">The precision of the run.</param>
    public static int AlgorithmVersion(Precision precision) => precision is Precision.Bf16 or Precision.Int8 ? 2 : 1;

    /// <summary>The word before the version.</summary>
    internal const string AlgorithmKey = "settings";

    /// <summary>The fingerprint with the device that the settings name; use it where <c>auto</c> has been resolved already.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>SHA-256, 64 lower-case hexadecimal digits.</returns>
    public static string Of(RunSettings settings) => Of(settings, settings.Device);

    /// <summary>The fingerprint with the device that the run really takes.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="device">The device; what follows a colon counts for nothing: <c>cuda:1</c> is <c>cuda</c>.</param>
    /// <returns>SHA-256, 64 lower-case hexadecimal digits.</returns>
    public static string Of(RunSettings settings, string device) => Sha256.OfText(Canonical(settings, device));

    /// <summary>The text that is hashed, one setting a line.</summary>
    internal static string Canonical(RunSettings settings, string device)
    {
        var lines = new List<string> { $"{AlgorithmKey} {AlgorithmVersion(settings.Precision)}" };
        foreach (var product in settings.Inputs)
        {
            lines.Add(product.Height is { } height
                ? $"height {(height.Terrain.Count > 0 ? "surface-terrain" : "above-ground")} {RunSettingsText.Number(height.Unit)}"
                : $"bands {RunSettingsText.List(product.Bands, RunSettingsText.Number)}");
        }

        var custom = settings.Normalization.Type == NormalizationType.Custom;
        lines.Add($"crs {settings.Crs}");
        lines.Add($"normalization {RunSettingsText.Word(settings.Normalization.Type)}");
        lines.Add($"means {RunSettingsText.List(custom ? settings.Normalization.Means : [], RunSettingsText.Number)}");
        lines.Add($"stds {RunSettingsText.List(custom ? settings.Normalization.Stds : [], RunSettingsText.Number)}");
        lines.Add($"window {settings.Window.Size} {settings.Window.Margin}");
        lines.Add($"batch {settings.BatchSize}");
        lines.Add($"stitch {RunSettingsText.Word(settings.Stitch)}");
        lines.Add($"outputs {settings.Outputs.Classes} {settings.Outputs.Probabilities} {settings.Outputs.Confidence}");
        lines.Add($"nodata {settings.Nodata.Value} {settings.Nodata.Solid}");
        lines.Add($"precision {RunSettingsText.Word(settings.Precision)}");
        lines.Add($"device {device.Split(':')[0]}");
        lines.Add($"slicing {(settings.FlairDetect is null ? "lattice" : "flair-1")}");
        return string.Join('\n', lines);
    }
}
