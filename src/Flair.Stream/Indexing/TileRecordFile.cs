using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Flair.Indexing;

/// <summary>What a commit record's file holds.</summary>
/// <param name="Version">Of the format: 1.</param>
/// <param name="Tile">The tile.</param>
internal sealed record TileRecord(int Version, TileRow Tile);

/// <summary>
/// A tile's commit record: a small JSON file that is written after everything else of the tile. Where it is whole, the tile has the
/// status that it says.
/// </summary>
public static class TileRecordFile
{
    private const int CurrentVersion = 1;

    /// <summary>Writes a record: temporary name, flushed to the disk, renamed.</summary>
    /// <exception cref="FlairException">It cannot be written; the file that was there, if any, is unchanged.</exception>
    public static void Write(string path, TileRow row)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            DurableFile.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(new TileRecord(CurrentVersion, row.WithoutSecrets()), IndexJson.Default.TileRecord));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path}: the record of tile {row.Tile} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Reads a record. One that is torn or of another version counts as absent: the tile is then computed again.</summary>
    /// <param name="path">The file.</param>
    /// <param name="row">The tile.</param>
    /// <param name="reason">Why there is none, in one line.</param>
    public static bool TryRead(string path, [NotNullWhen(true)] out TileRow? row, [NotNullWhen(false)] out string? reason)
    {
        row = null;
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), IndexJson.Default.TileRecord);
            if (record?.Version == CurrentVersion)
            {
                (row, reason) = (record.Tile, null);
                return true;
            }

            reason = $"{path}: not a tile record of version {CurrentVersion}";
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            reason = $"{path}: no such file";
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            reason = $"{path}: not a whole tile record ({e.Message.Split('\n')[0]})";
        }

        return false;
    }

    /// <summary>All whole records of a run, in the order of their file names; what is not whole is left out.</summary>
    public static IEnumerable<TileRow> ReadAll(IndexLayout layout)
    {
        if (!Directory.Exists(layout.Records))
            yield break;
        foreach (var path in Directory.GetFiles(layout.Records, "*.json").Order(StringComparer.Ordinal))
        {
            if (TryRead(path, out var row, out _))
                yield return row;
        }
    }
}
