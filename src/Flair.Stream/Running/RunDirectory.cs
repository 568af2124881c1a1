using System.Text.Json;

namespace Flair.Running;

/// <summary>What an output directory is: a run may go on in it only with the same settings, model and grid.</summary>
/// <param name="Version">The format of this file.</param>
/// <param name="Software">Version of the software that made the directory.</param>
/// <param name="Settings">Every setting that changes a pixel, one a line.</param>
/// <param name="Model">The model in words.</param>
/// <param name="ModelFingerprint">SHA-256 over architecture, tensors and nomenclature.</param>
/// <param name="Grid">The mosaic's grid.</param>
/// <param name="Pipeline">The settings as YAML, from which the run can be started again.</param>
public sealed record RunIdentity(
    int Version, string Software, string Settings, string Model, string ModelFingerprint, string Grid, string Pipeline)
{
    /// <summary>The format this software writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>In one line, what keeps <paramref name="other"/> from going on here; null when nothing does.</summary>
    public string? DifferenceFrom(RunIdentity other)
    {
        if (Version != other.Version)
            return $"its format is {Version}, not {other.Version}";
        if (ModelFingerprint != other.ModelFingerprint)
            return Model == other.Model ? $"its weights are others ({Model})" : $"its model is {Model}, not {other.Model}";
        if (Grid != other.Grid)
            return $"its grid is {Grid}, not {other.Grid}";
        var (mine, theirs) = (Settings.Split('\n'), other.Settings.Split('\n'));
        for (var i = 0; i < Math.Max(mine.Length, theirs.Length); i++)
        {
            var (a, b) = (mine.ElementAtOrDefault(i) ?? "nothing", theirs.ElementAtOrDefault(i) ?? "nothing");
            if (a != b)
                return $"it has \"{a}\" where this run has \"{b}\"";
        }

        return null;
    }
}

/// <summary>The output directory of a run that is going on: locked, its leftovers removed, its identity checked.</summary>
public sealed class RunDirectory : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };
    private readonly FileStream _lock;

    private RunDirectory(FileStream held) => _lock = held;

    /// <summary>Takes an output directory for a run, and makes it when it is not there.</summary>
    /// <exception cref="FlairException">It cannot be written, another run is at work in it, or it belongs to a run with other settings.</exception>
    public static RunDirectory Open(OutputLayout layout, RunIdentity identity)
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
            Check(layout, identity);
            if (Directory.Exists(layout.Work))
                Directory.Delete(layout.Work, recursive: true);
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
    /// <exception cref="FlairException">It belongs to a run with other settings.</exception>
    public static void Check(OutputLayout layout, RunIdentity identity)
    {
        if (!File.Exists(layout.RunFile) || IsUnused(layout))
            return;
        Compare(layout, identity);
    }

    /// <summary>Compares a run with the one that an output belongs to.</summary>
    /// <exception cref="FlairException">They have other settings.</exception>
    internal static void Compare(OutputLayout layout, RunIdentity identity)
    {
        RunIdentity? found;
        try
        {
            found = JsonSerializer.Deserialize<RunIdentity>(File.ReadAllBytes(layout.RunFile));
        }
        catch (JsonException e)
        {
            throw new FlairException($"{layout.RunFile}: not readable ({e.Message.Split('\n')[0]}); choose another output or remove {layout.Shown}", e);
        }

        if (found?.DifferenceFrom(identity) is { } difference)
            throw new FlairException($"{layout.Shown} holds the output of another run: {difference}; choose another output or remove that directory");
    }

    /// <summary>Writes the identity, whole or not at all.</summary>
    public static void Save(OutputLayout layout, RunIdentity identity)
    {
        if (File.Exists(layout.RunFile) && !IsUnused(layout))
            return;
        DurableFile.WriteAllBytes(layout.RunFile, JsonSerializer.SerializeToUtf8Bytes(identity, s_json));
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
