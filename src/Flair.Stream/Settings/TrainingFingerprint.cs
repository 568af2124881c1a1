using System.Globalization;

namespace Flair.Settings;

/// <summary>
/// Tells whether a training may go on from where another one stopped: every setting that decides the trained weights, and none that does not.
/// The epochs are not among them, as a training may be prolonged; nor are paths, names, workers or the device. Lists and files count by their content.
/// </summary>
public sealed class TrainingFingerprint
{
    /// <summary>Which weights a training started from is not known to one that goes on with it.</summary>
    private const string InitialWeights = "ckpt_model_path";

    private const string Format = "training 1";

    private TrainingFingerprint(IReadOnlyList<KeyValuePair<string, string>> entries) => Entries = entries;

    /// <summary>FLAIR-1's keys with their values, always in the same order; a file's value is the SHA-256 of its content.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Entries { get; }

    /// <summary>The format and then the entries, one a line, key before value: what a checkpoint keeps, and <see cref="Parse"/> reads.</summary>
    public string Text => string.Join('\n', Entries.Select(entry => $"{entry.Key} {entry.Value}").Prepend(Format));

    /// <summary>SHA-256 of <see cref="Text"/>, 64 lower-case hexadecimal digits. Use <see cref="DifferencesFrom"/> to decide on resuming.</summary>
    public string Hash => Sha256.OfText(Text);

    /// <summary>The fingerprint of settings that train. Reads the lists, the metadata and the weights to start from.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <exception cref="FlairException">A file cannot be read.</exception>
    public static TrainingFingerprint Of(TrainingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var custom = settings.Normalization.Type == NormalizationType.Custom;
        var checkpoints = settings.Checkpoints;
        List<KeyValuePair<string, string>> entries =
        [
            new("train_csv", OfFile(settings.TrainCsv)),
            new("val_csv", OfFile(settings.ValCsv)),
            new("encoder_decoder", settings.Architecture),
            new("use_augmentation", RunSettingsText.Flag(settings.UseAugmentation)),
            new("use_metadata", RunSettingsText.Flag(settings.UseMetadata)),
            new("path_metadata_aerial", settings.UseMetadata ? OfFile(settings.MetadataFile) : "none"),
            new("channels", RunSettingsText.List(settings.Channels, RunSettingsText.Number)),
            new("norm_type", RunSettingsText.Word(settings.Normalization.Type)),
            new("norm_means", RunSettingsText.List(custom ? settings.Normalization.Means : [], RunSettingsText.Number)),
            new("norm_stds", RunSettingsText.List(custom ? settings.Normalization.Stds : [], RunSettingsText.Number)),
            new("seed", settings.Seed.ToString(CultureInfo.InvariantCulture)),
            new("batch_size", settings.BatchSize.ToString(CultureInfo.InvariantCulture)),
            new("learning_rate", RunSettingsText.Number(settings.LearningRate)),
            new("use_weights", RunSettingsText.Flag(settings.UseWeights)),
            new("supervision_starts_at_one", RunSettingsText.Flag(settings.SupervisionStartsAtOne)),
            new("classes", settings.UseWeights
                ? RunSettingsText.List([.. settings.Classes.Select(c => c.Weight)], RunSettingsText.Number)
                : settings.Classes.Count.ToString(CultureInfo.InvariantCulture)),
            new("ckpt_monitor", checkpoints.Monitor),
            new("ckpt_monitor_mode", checkpoints.Maximize ? "max" : "min"),
            new("ckpt_earlystopping_patience", checkpoints.EarlyStoppingPatience.ToString(CultureInfo.InvariantCulture)),
        ];
        if (!settings.Tasks.Resume)
            entries.Add(new(InitialWeights, settings.Tasks.InitWeightsOnly ? OfFile(settings.Checkpoint) : "none"));
        return new(entries);
    }

    /// <summary>Reads what <see cref="Text"/> gave.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Null where it is no such text, or of another format.</returns>
    public static TrainingFingerprint? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Split('\n') is not [Format, .. var lines])
            return null;
        var entries = new List<KeyValuePair<string, string>>();
        foreach (var line in lines)
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || entries.Exists(entry => entry.Key == line[..space]))
                return null;
            entries.Add(new(line[..space], line[(space + 1)..]));
        }

        return new(entries);
    }

    /// <summary>What keeps <paramref name="other"/> from going on with this training, one setting an item, in words; empty when nothing does.</summary>
    /// <param name="other">The fingerprint of the settings that are to go on.</param>
    public IReadOnlyList<string> DifferencesFrom(TrainingFingerprint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var theirs = other.Entries.ToDictionary(StringComparer.Ordinal);
        var differences = new List<string>();
        foreach (var (key, value) in Entries)
        {
            var known = theirs.Remove(key, out var their);
            if (value == their || (key == InitialWeights && !known))
                continue;
            differences.Add(IsHash(value) && IsHash(their) ? $"{key} has another content" : $"{key} was {Short(value)} and is {Short(their)}");
        }

        differences.AddRange(theirs.Where(entry => entry.Key != InitialWeights).Select(entry => $"{entry.Key} was not known and is {Short(entry.Value)}"));
        return differences;
    }

    private static string OfFile(string? path) => path is null ? "none" : Sha256.OfInput(path);

    private static bool IsHash(string? value) => value is { Length: 64 } && value.All(char.IsAsciiHexDigitLower);

    private static string Short(string? value) => value is null ? "not said" : IsHash(value) ? $"a file ({value[..8]}…)" : value;
}
