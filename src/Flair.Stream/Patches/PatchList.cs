namespace Flair.Patches;

/// <summary>The files of one patch.</summary>
/// <param name="Image">Its imagery.</param>
/// <param name="Mask">Its labels; null where the list names none.</param>
/// <param name="Line">Its line in the CSV file, from 1.</param>
public sealed record PatchFiles(string Image, string? Mask, int Line);

/// <summary>
/// FLAIR-1's lists of patches: a CSV file without a header, the image's path first and the mask's second. A relative path is looked for beside
/// the CSV file, and where it is not there in the working directory, as FLAIR-1 does.
/// </summary>
public static class PatchList
{
    /// <summary>Reads a list. Whether the files are there and fit is for <c>PatchChecks</c> to say, all at once.</summary>
    /// <param name="csv">The CSV file.</param>
    /// <exception cref="FlairException">It cannot be read, is empty, or a line is not one or two paths.</exception>
    public static IReadOnlyList<PatchFiles> Read(string csv)
    {
        ArgumentException.ThrowIfNullOrEmpty(csv);
        string[] lines;
        try
        {
            lines = File.ReadAllLines(csv);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{csv}: the list of patches cannot be read ({e.Message.TrimEnd('.')})", e);
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(csv))!;
        var patches = new List<PatchFiles>(lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
                continue;
            var fields = Split(lines[i]);
            if (fields.Count == 0 || fields[0].Length == 0)
                throw new FlairException($"{csv}:{i + 1}: the line names no image; write image path, comma, mask path");
            patches.Add(new(Resolve(directory, fields[0]), fields.Count > 1 && fields[1].Length > 0 ? Resolve(directory, fields[1]) : null, i + 1));
        }

        return patches.Count > 0 ? patches : throw new FlairException($"{csv}: the list of patches is empty; write a line a patch: image path, comma, mask path");
    }

    private static string Resolve(string directory, string path)
    {
        var beside = Path.Combine(directory, path);
        return File.Exists(beside) || !File.Exists(path) ? beside : path;
    }

    // As pandas reads it: fields may be quoted, a doubled quote within is one.
    private static List<string> Split(string line)
    {
        var fields = new List<string>();
        var field = new System.Text.StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                field.Append(line[i++]);
            else if (line[i] == '"')
                quoted = !quoted;
            else if (line[i] == ',' && !quoted)
                Add();
            else
                field.Append(line[i]);
        }

        Add();
        return fields;

        void Add()
        {
            fields.Add(field.ToString().Trim());
            field.Clear();
        }
    }
}
