using System.Text.Json;
using Flair.Indexing;

namespace Flair.Source;

/// <summary>An input that is not decoded, as it crashes or hangs its decoder.</summary>
/// <param name="Path">The input, without a query string.</param>
/// <param name="Bytes">Its size when it did.</param>
/// <param name="Modified">Its modification time then, UTC ticks.</param>
/// <param name="Opens">True when its header can be read, so that its place is known.</param>
/// <param name="Reason">What it does, in one line.</param>
/// <param name="Software">The version of the software that found out.</param>
/// <param name="Since">When, UTC.</param>
public sealed record QuarantinedFile(string Path, long Bytes, long Modified, bool Opens, string Reason, string Software, DateTime Since);

/// <summary>
/// The inputs of an output directory that are known to take the process down. An input leaves when it is another file by size or modification time, when
/// the software is another, and after some days, as the libraries beneath may have been mended. Immutable.
/// </summary>
public sealed class Quarantine
{
    private readonly Dictionary<string, QuarantinedFile> _files;

    private Quarantine(IEnumerable<QuarantinedFile> files) => _files = files.ToDictionary(file => file.Path, StringComparer.Ordinal);

    /// <summary>Without any.</summary>
    public static Quarantine None { get; } = new([]);

    /// <summary>Its files, by path.</summary>
    public QuarantinedFile[] Files => [.. _files.Values.OrderBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>Reads what earlier runs left and adds what is known by now. A file that is torn or not there counts as empty.</summary>
    /// <param name="path">Where <see cref="Save"/> wrote.</param>
    /// <param name="verdicts">What was found out since; they hold whatever their age.</param>
    /// <param name="software">The version that runs now.</param>
    /// <param name="days">Days that an entry stays; 0 to forget what earlier runs found out.</param>
    /// <param name="now">The time, UTC.</param>
    public static Quarantine Load(string path, IEnumerable<DecodeVerdict> verdicts, string software, int days, DateTime now)
    {
        ArgumentNullException.ThrowIfNull(verdicts);
        Dictionary<string, QuarantinedFile> files = [];
        foreach (var file in Read(path))
        {
            if (file.Software == software && (now - file.Since).TotalDays < days && RasterInfo.Stat(file.Path) is var found && (found.Bytes, found.Modified) == (file.Bytes, file.Modified))
                files[file.Path] = file;
        }

        foreach (var verdict in verdicts)
        {
            var found = RasterInfo.Stat(verdict.Path);
            var key = RasterInfo.WithoutQuery(verdict.Path);
            files[key] = new QuarantinedFile(key, found.Bytes, found.Modified, verdict.Opens, verdict.Reason, software, now);
        }

        return new Quarantine(files.Values);
    }

    /// <summary>The entry of an input; null when it may be read.</summary>
    public QuarantinedFile? Find(string path) => _files.GetValueOrDefault(RasterInfo.WithoutQuery(path));

    /// <summary>Writes it, whole or not at all; removes the file when there is nothing to say.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path)
    {
        if (_files.Count > 0)
            DurableFile.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(Files, IndexJson.Default.QuarantinedFileArray));
        else
            File.Delete(path);
    }

    private static QuarantinedFile[] Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), IndexJson.Default.QuarantinedFileArray) ?? [];
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return []; // at worst a crash is met once more
        }
    }
}
