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
            var record = JsonSerializer.Deserialize(BoundedFile.ReadAllBytes(path, 4 * BoundedFile.Usual), IndexJson.Default.TileRecord);
            if (record?.Version == CurrentVersion && !IsPlausible(record.Tile))
            {
                reason = $"{path}: a tile record with values that no run writes";
                return false;
            }

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
            reason = $"{path}: not a whole tile record ({MessageText.OneLine(e.Message)})";
        }

        return false;
    }

    /// <summary>All whole records of a run, in the order of their file names; what is not whole, or bears another tile's name, is left out.</summary>
    public static IEnumerable<TileRow> ReadAll(IndexLayout layout)
    {
        if (!Directory.Exists(layout.Records))
            yield break;
        foreach (var path in Directory.GetFiles(layout.Records, "*.json").Order(StringComparer.Ordinal))
        {
            if (TryRead(path, out var row, out _) && layout.Record(row.Tile) == path)
                yield return row;
        }
    }

    /// <summary>Whether the values are such as a run may have written; what reads them counts on it.</summary>
    private static bool IsPlausible(TileRow row)
    {
        // Lists of JSON may hold null whatever their type says.
        if (row.Inputs.Any(file => file?.Path is null) || row.Outputs.Any(file => file?.Path is null || file.Sha256 is null))
            return false;
        var pixels = (long)row.Width * row.Height;
        return row.Tile.Length > 0 && Enum.IsDefined(row.Status) && row.Width >= 0 && row.Height >= 0 && row.Windows >= 0 && row.WindowsComputed >= 0
            && row.NodataPixels >= 0 && row.NodataPixels <= pixels && row.Histogram.Count <= 256 && row.Histogram.All(count => count >= 0 && count <= pixels)
            && double.IsFinite(row.Seconds) && !double.IsInfinity(row.MeanConfidence)
            && row.Inputs.All(file => file.Modified >= 0 && file.Modified <= DateTime.MaxValue.Ticks);
    }
}
