namespace Flair.Settings;

/// <summary>FLAIR-1's <c>channels</c> and <c>norm_*</c> of a training.</summary>
internal static class TrainingInputKeys
{
    /// <summary>Reads them; what is wrong or missing is in the report and reads as empty.</summary>
    public static (IReadOnlyList<int> Channels, NormalizationSettings Normalization) Read(SettingsSection root, SettingsReport report)
    {
        root.Missing("channels", "channels", "list the bands that the network takes, such as [1, 2, 3, 4, 5]");
        var channels = root.Integers("channels", "channels");
        if (channels is { Count: 0 })
            report.Fail("channels", "no channels are listed; the network needs at least one");
        foreach (var channel in channels?.Where(c => c < 1) ?? [])
            report.Fail("channels", $"channels are numbered from 1; {channel} is not one");

        var type = root.Choice("norm_type", "normalization.type",
            ("custom", NormalizationType.Custom), ("scaling", NormalizationType.Scaling), ("without", NormalizationType.Without));
        root.Missing("norm_type", "normalization.type", "give custom, scaling or without");
        if (type != NormalizationType.Custom)
            return (channels ?? [], new() { Type = type ?? NormalizationType.Custom });

        var means = root.Numbers("norm_means", "normalization.means");
        var stds = root.Numbers("norm_stds", "normalization.stds");
        root.Missing("norm_means", "normalization.means", "norm_type custom needs one a channel");
        root.Missing("norm_stds", "normalization.stds", "norm_type custom needs one a channel");
        CheckLength("norm_means", "normalization.means", means?.Count);
        CheckLength("norm_stds", "normalization.stds", stds?.Count);
        foreach (var std in stds?.Where(s => s <= 0) ?? [])
            report.Fail("normalization.stds", $"a standard deviation must be more than 0, not {RunSettingsText.Number(std)}");
        return (channels ?? [], new() { Type = NormalizationType.Custom, Means = means ?? [], Stds = stds ?? [] });

        void CheckLength(string key, string setting, int? count)
        {
            if (channels is { Count: > 0 and var wanted } && count is { } given && given != wanted)
                report.Fail(setting, $"'{key}' has {given} {(given == 1 ? "value" : "values")} for {wanted} {(wanted == 1 ? "channel" : "channels")}; give one a channel");
        }
    }
}
