using System.Text.Json;
using System.Text.Json.Serialization;
using Flair.Settings;
using Flair.Telemetry;

namespace Flair.Running;

/// <summary>What an output directory is: a run may go on in it only with the same settings, model and grid.</summary>
/// <param name="Version">The format of this file.</param>
/// <param name="Software">Version of the software that made the directory.</param>
/// <param name="Settings">Every setting that changes a pixel, one a line.</param>
/// <param name="Model">The model in words.</param>
/// <param name="ModelFingerprint">SHA-256 over architecture, tensors and nomenclature.</param>
/// <param name="Grid">The mosaic's grid.</param>
/// <param name="Pipeline">The settings as YAML, from which the run can be started again, but for secrets in paths.</param>
public sealed record RunIdentity(
    int Version, string Software, string Settings, string Model, string ModelFingerprint, string Grid, string Pipeline)
{
    /// <summary>The format this software writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The identity as it is written and compared: without keys, tokens and passwords.</summary>
    public RunIdentity WithoutSecrets() => this with
    {
        Settings = Redactor.Clean(Settings),
        Model = Redactor.Clean(Model),
        Grid = Redactor.Clean(Grid),
        Pipeline = Redactor.Clean(Pipeline),
    };

    /// <summary>What a setting is in this directory, e.g. <c>bf16</c> for <c>precision</c>; null when nothing is said of it.</summary>
    public string? Setting(string key) => ByKey(Settings).GetValueOrDefault(key);

    /// <summary>In one line, what keeps <paramref name="other"/> from going on here; null when nothing does.</summary>
    public string? DifferenceFrom(RunIdentity other) => LastingDifferenceFrom(other) ?? ReplaceableDifferenceFrom(other);

    /// <summary>What even a replacement cannot change: tiles on two grids have no map in common.</summary>
    public string? LastingDifferenceFrom(RunIdentity other) =>
        Version != other.Version ? $"its format is {Version}, not {other.Version}"
        : Grid != other.Grid ? $"its grid is {Grid}, not {other.Grid}"
        : null;

    private string? ReplaceableDifferenceFrom(RunIdentity other)
    {
        const int Shown = 3;
        if (ModelFingerprint != other.ModelFingerprint)
            return Model == other.Model ? $"its weights are others ({Model})" : $"its model is {Model}, not {other.Model}";
        var (mine, theirs) = (ByKey(Settings), ByKey(other.Settings));
        var differing = mine.Keys.Union(theirs.Keys).Where(key => mine.GetValueOrDefault(key) != theirs.GetValueOrDefault(key)).Select(key =>
            key == SettingsFingerprint.AlgorithmKey
                ? $"it was made by algorithm {mine.GetValueOrDefault(key)} (program {Software}), this program's is {theirs.GetValueOrDefault(key)}"
                : $"it has \"{Line(mine, key)}\" where this run has \"{Line(theirs, key)}\"").ToList();
        return differing.Count == 0 ? null
            : string.Join(", ", differing.Take(Shown)) + (differing.Count > Shown ? $" and {differing.Count - Shown} more" : "");

        static string Line(Dictionary<string, string> settings, string key) => settings.TryGetValue(key, out var value) ? $"{key} {value}".TrimEnd() : $"no {key}";
    }

    /// <summary>The settings by the first word of their lines; several of a kind, one a product, are joined.</summary>
    private static Dictionary<string, string> ByKey(string settings) => settings.Split('\n')
        .GroupBy(line => line.Split(' ')[0], line => line.Contains(' ', StringComparison.Ordinal) ? line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..] : "")
        .ToDictionary(group => group.Key, group => string.Join(" + ", group), StringComparer.Ordinal);
}

/// <summary>The output directory of a run that is going on: locked, its leftovers removed, its identity checked.</summary>
public sealed class RunDirectory : IDisposable
{
    private readonly FileStream _lock;

    private RunDirectory(FileStream held) => _lock = held;

    /// <summary>Takes an output directory for a run, and makes it when it is not there.</summary>
    /// <param name="layout">Its places.</param>
    /// <param name="identity">What it must be.</param>
    /// <param name="replace">See <see cref="RunOptions.Replace"/>.</param>
    /// <exception cref="FlairException">It cannot be written, another run is at work in it, or it belongs to a run with other settings.</exception>
    public static RunDirectory Open(OutputLayout layout, RunIdentity identity, bool replace = false)
    {
        FileStream held;
        if (File.Exists(layout.Base))
            throw new FlairException($"{layout.Base} is a file; the output is a directory");
        try
        {
            Directory.CreateDirectory(layout.Index.Work);
            held = new FileStream(layout.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new FlairException($"{layout.Base}: cannot be written; give the user that runs flair the right to, or choose another output", e);
        }
        catch (IOException e) when (File.Exists(layout.LockFile))
        {
            throw new FlairException($"{layout.Root}: another run is writing here; wait for it or choose another output", e);
        }
        catch (IOException e)
        {
            throw new FlairException($"{layout.Base}: cannot be made: {e.Message}", e);
        }

        try
        {
            Check(layout, identity, replace);
            foreach (var leftover in (string[])[layout.Work, layout.Blocks])
            {
                if (Directory.Exists(leftover))
                    Directory.Delete(leftover, recursive: true);
            }

            Directory.CreateDirectory(layout.Work);
            Directory.CreateDirectory(layout.Tiles);
            Directory.CreateDirectory(layout.Index.Fragments);
            Directory.CreateDirectory(layout.Index.Records);
            foreach (var directory in (string[])[layout.Root, layout.Tiles, layout.Index.Fragments, layout.Index.Records])
                TryWriting(directory);
            return new RunDirectory(held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw new FlairException($"{layout.Base}: cannot be written: {e.Message}", e);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Says whether a run could go on in an output directory, without touching it.</summary>
    /// <param name="layout">Its places.</param>
    /// <param name="identity">What it must be.</param>
    /// <param name="replace">See <see cref="RunOptions.Replace"/>.</param>
    /// <exception cref="FlairException">It belongs to a run with other settings.</exception>
    public static void Check(OutputLayout layout, RunIdentity identity, bool replace = false)
    {
        if (Find(layout) is { } found)
            Compare(layout, found, identity, replace);
    }

    /// <summary>Compares a run with the one that an output belongs to by now.</summary>
    /// <exception cref="FlairException">They have other settings.</exception>
    internal static void Compare(OutputLayout layout, RunIdentity identity)
    {
        if (Read(layout) is { } found)
            Compare(layout, found, identity, replace: false);
    }

    /// <summary>What an output directory is; null where no run has left anything.</summary>
    /// <exception cref="FlairException">That cannot be read.</exception>
    public static RunIdentity? Find(OutputLayout layout)
    {
        return File.Exists(layout.RunFile) && !IsUnused(layout) ? Read(layout) : null;
    }

    private static void Compare(OutputLayout layout, RunIdentity found, RunIdentity identity, bool replace)
    {
        identity = identity.WithoutSecrets();
        if (found.LastingDifferenceFrom(identity) is { } lasting)
            throw new FlairException($"{layout.Shown} holds the output of another run: {MessageText.OneLine(lasting)}; choose another output or remove that directory");
        if (!replace && found.DifferenceFrom(identity) is { } difference)
            throw new FlairException($"{layout.Shown} holds the output of another run: {MessageText.OneLine(difference)}; choose another output, or --replace to map everything there again, tile by tile");
    }

    private static RunIdentity? Read(OutputLayout layout)
    {
        try
        {
            return JsonSerializer.Deserialize(BoundedFile.ReadAllBytes(layout.RunFile), RunJson.Default.RunIdentity) ?? throw new JsonException("it holds null");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{layout.RunFile}: not readable ({MessageText.OneLine(e.Message)}); choose another output or remove {layout.Shown}", e);
        }
    }

    /// <summary>
    /// Writes the identity, whole or not at all. A replacement writes the new one before its first tile: from then on the directory belongs to the new settings,
    /// every record says by its fingerprints which it is of, and any later run with the new settings does the rest.
    /// </summary>
    /// <param name="layout">Its places.</param>
    /// <param name="identity">What it is from now on.</param>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static void Save(OutputLayout layout, RunIdentity identity)
    {
        identity = identity.WithoutSecrets();
        if (Find(layout) is { } found && found.DifferenceFrom(identity) is null)
            return;
        OutputGuard.Run($"{layout.RunFile}: cannot be written", () => DurableFile.WriteAllBytes(layout.RunFile, JsonSerializer.SerializeToUtf8Bytes(identity, RunJson.Default.RunIdentity)));
    }

    /// <summary>Finds out now, not after the first tile is computed, that finished files could not be put there.</summary>
    private static void TryWriting(string directory)
    {
        var probe = Path.Combine(directory, ".flair-probe");
        File.WriteAllBytes(probe, []);
        File.Delete(probe);
    }

    /// <summary>True when no run has left anything but its identity: one that stopped early must not bind the next to its settings.</summary>
    private static bool IsUnused(OutputLayout layout) =>
        layout.Remote?.IsUnused ?? (IsEmpty(layout.Index.Records) && IsEmpty(layout.Index.Fragments) && (layout.Tiles == layout.Base || IsEmpty(layout.Tiles)));

    private static bool IsEmpty(string directory) => !Directory.Exists(directory) || !Directory.EnumerateFileSystemEntries(directory).Any();

    /// <summary>Lets the next run in.</summary>
    public void Dispose() => _lock.Dispose();
}

/// <summary>The form of <c>run.json</c>.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunIdentity))]
internal sealed partial class RunJson : JsonSerializerContext;
