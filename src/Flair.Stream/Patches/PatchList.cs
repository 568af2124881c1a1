using CsvHelper;

namespace Flair.Patches;

/// <summary>The files of one patch.</summary>
/// <param name="Image">Its imagery.</param>
/// <param name="Mask">Its labels; null where the list names none.</param>
/// <param name="Line">Its line in the CSV file, from 1.</param>
public sealed record PatchFiles(string Image, string? Mask, int Line);

/// <summary>
/// FLAIR-1's lists of patches: a CSV file without a header, the image's path first and the mask's second; further fields count for nothing.
/// It is read as pandas does: fields may be quoted, blank lines are passed over. A relative path is looked for beside the CSV file, and where
/// it is not there in the working directory, as FLAIR-1 does.
/// </summary>
public static class PatchList
{
    // As pandas, but that a quoted path ends with its line, so that a missing quote is told where it is.
    private static readonly CsvReaderOptions s_options = new()
    {
        HasHeader = false,
        Separator = ',',
        TrimWhitespace = true,
        AllowLineBreaksInQuotes = false,
        MaxRecordSize = 1 << 16,
        TrackLineNumbers = true,
    };

    /// <summary>Reads a list. Whether the files are there and fit is for <see cref="PatchChecks"/> to say, all at once.</summary>
    /// <param name="csv">The CSV file.</param>
    /// <exception cref="FlairException">It cannot be read, is empty, or a line names no image.</exception>
    public static IReadOnlyList<PatchFiles> Read(string csv)
    {
        ArgumentException.ThrowIfNullOrEmpty(csv);
        try
        {
            using var reader = CsvReader.FromFile(csv, s_options with { OnMalformedRecord = record => RefuseOpenQuote(csv, record) });
            return Read(csv, reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CsvFormatException)
        {
            throw new FlairException($"{csv}: the list of patches cannot be read ({e.Message.TrimEnd('.')})", e);
        }
    }

    private static List<PatchFiles> Read(string csv, CsvReader reader)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(csv))!;
        var patches = new List<PatchFiles>();
        while (reader.Read())
        {
            var (image, mask) = (reader.GetString(0), reader.FieldCount > 1 ? reader.GetString(1) : "");
            var line = (int)reader.LineNumber;
            if (reader.FieldCount == 1 && image.Length == 0)
                continue;
            if (image.Length == 0)
                throw new FlairException($"{csv}:{line}: the line names no image; write image path, comma, mask path");
            if (image.Any(char.IsControl) || mask.Any(char.IsControl))
                throw new FlairException($"{csv}:{line}: a path with a control character; a list of patches is text, a line a patch: image path, comma, mask path");
            patches.Add(new(Resolve(directory, image), mask.Length > 0 ? Resolve(directory, mask) : null, line));
        }

        return patches.Count > 0 ? patches : throw new FlairException($"{csv}: the list of patches is empty; write a line a patch: image path, comma, mask path");
    }

    private static void RefuseOpenQuote(string csv, CsvMalformedRecord record)
    {
        if (record.Reason is CsvMalformedReason.LineBreakInQuotes or CsvMalformedReason.UnterminatedQuote)
            throw new FlairException($"{csv}:{record.LineNumber}: a quote is opened and not closed in this line; write image path, comma, mask path");
    }

    private static string Resolve(string directory, string path)
    {
        var beside = Path.Combine(directory, path);
        return File.Exists(beside) || !File.Exists(path) ? beside : path;
    }
}
