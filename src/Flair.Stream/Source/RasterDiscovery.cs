using System.IO.Enumeration;
using Flair.Storage;

namespace Flair.Source;

/// <summary>A raster that was asked for.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Inside">Its path inside the directory or pattern that found it; empty when it was named itself.</param>
internal readonly record struct FoundRaster(string Path, string Inside);

/// <summary>
/// Finds the rasters that directories (recursively), patterns (<c>*</c>, <c>?</c>, <c>**</c>) and files name, local ones and objects alike. What a delivery holds
/// besides rasters (xml, tab, csv, aux, qml, …) is left out by its extension, and so is the map that a run of this program left below
/// them; a file that is named outright is always taken.
/// </summary>
internal sealed class RasterDiscovery(bool elevation, Action<string> notice)
{
    private static readonly string[] Imagery = [".tif", ".tiff", ".jp2", ".j2k", ".vrt", ".img"];
    private static readonly string[] ElevationOnly = [".asc"];

    private readonly SortedDictionary<string, FoundRaster> _found = new(StringComparer.Ordinal);

    /// <summary>Extensions of the rasters taken from a directory, for messages.</summary>
    public static string Extensions(bool elevation) => string.Join(" ", elevation ? Imagery.Concat(ElevationOnly) : Imagery);

    /// <summary>The rasters, each once, ordered by path.</summary>
    /// <param name="paths">Directories, patterns or files.</param>
    /// <param name="problems">Takes a line for each entry that names nothing.</param>
    public IReadOnlyList<FoundRaster> Find(IEnumerable<string> paths, Action<string> problems)
    {
        foreach (var path in paths)
        {
            try
            {
                if (!FindOne(path))
                    problems(Nothing(path));
            }
            catch (DirectoryNotFoundException)
            {
                problems(Nothing(path));
            }
            catch (StorageException fault)
            {
                problems(fault.Message);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                problems($"{path} cannot be listed: {fault.Message}");
            }
        }

        return [.. _found.Values];
    }

    private string Nothing(string path) =>
        ObjectPath.IsRemoteText(path) ? $"{path} holds no raster ({Extensions(elevation)})"
        : Directory.Exists(path) ? $"{path} holds no raster ({Extensions(elevation)})"
        : IsPattern(path) ? $"no raster matches {path}"
        : $"{path} does not exist";

    private bool FindOne(string path)
    {
        if (ObjectPath.IsRemoteText(path))
            return FindRemote(path);
        if (path.StartsWith("/vsi", StringComparison.Ordinal) || path.Contains("://", StringComparison.Ordinal) || File.Exists(path))
        {
            Add(path, "");
            return true;
        }

        if (!Directory.Exists(path) && !IsPattern(path))
            return false;
        List<string> files = [];
        string root = path;
        bool anyExtension = false;
        if (Directory.Exists(path))
        {
            files.AddRange(Walk(path, [Real(path)]).SelectMany(Files));
        }
        else
        {
            var parts = path.Split('/');
            int first = Array.FindIndex(parts, IsPattern);
            root = first == 0 ? "." : first == 1 && parts[0].Length == 0 ? "/" : string.Join('/', parts[..first]);
            files.AddRange(Expand(root, parts.AsMemory(first)));
            if (first == 0)
                files = [.. files.Select(file => file[2..])];
            anyExtension = Path.GetExtension(parts[^1]) is { Length: > 1 } extension && !IsPattern(extension);
        }

        Take(files, anyExtension, file => Path.GetRelativePath(root, file));
        return files.Count > 0;
    }

    private bool FindRemote(string path)
    {
        RemoteFiles.Install();
        var (root, keys) = RemoteDiscovery.Find(path, IsRaster);
        if (root is null)
        {
            Add(path, "");
            return true;
        }

        var extension = Path.GetExtension(path);
        List<string> files = [.. keys.Select(key => $"{root}/{key}")];
        Take(files, IsPattern(path) && extension.Length > 1 && !IsPattern(extension), file => file[(root.Length + 1)..]);
        return files.Count > 0;
    }

    /// <summary>Adds what is a raster of what was found; the others are taken off the list.</summary>
    private void Take(List<string> files, bool anyExtension, Func<string, string> inside)
    {
        if (!anyExtension)
            files.RemoveAll(file => !IsRaster(file));
        var virtuals = files.FindAll(IsVirtual);
        if (!anyExtension && virtuals.Count > 0 && virtuals.Count < files.Count)
        {
            // A VRT beside rasters is their index, so that each pixel would come twice.
            files.RemoveAll(IsVirtual);
            notice($"{virtuals[0]}{(virtuals.Count > 1 ? $" and {virtuals.Count - 1} more VRT" : "")} left out: the rasters beside it are read themselves; name it to read it");
        }

        foreach (var file in files)
            Add(file, inside(file));
    }

    private void Add(string path, string inside)
    {
        var key = path.StartsWith('/') && !path.StartsWith("/vsi", StringComparison.Ordinal) || !path.Contains(':', StringComparison.Ordinal) ? Path.GetFullPath(path) : path;
        _found.TryAdd(key, new FoundRaster(path, inside));
    }

    private bool IsRaster(string file)
    {
        var extension = Path.GetExtension(file);
        return !Path.GetFileName(file).StartsWith('.')
            && (Imagery.Contains(extension, StringComparer.OrdinalIgnoreCase) || (elevation && ElevationOnly.Contains(extension, StringComparer.OrdinalIgnoreCase)));
    }

    private static bool IsVirtual(string file) => Path.GetExtension(file).Equals(".vrt", StringComparison.OrdinalIgnoreCase);

    private static bool IsPattern(string text) => text.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>A directory and those below it. Links are followed, each directory is entered once.</summary>
    private static IEnumerable<string> Walk(string directory, HashSet<string> seen)
    {
        yield return directory;
        foreach (var child in Directories(directory))
        {
            if (!seen.Add(Real(child)))
                continue;
            foreach (var below in Walk(child, seen))
                yield return below;
        }
    }

    private static IEnumerable<string> Expand(string directory, ReadOnlyMemory<string> parts)
    {
        var part = parts.Span[0];
        var rest = parts[1..];
        if (part == "**")
        {
            // "a/**" is all files below a.
            var below = rest.IsEmpty ? new[] { "*" } : rest;
            return Walk(directory, [Real(directory)]).SelectMany(each => Expand(each, below));
        }

        if (rest.IsEmpty)
            return Files(directory).Where(file => Matches(part, file));
        return IsPattern(part)
            ? Directories(directory).Where(child => Matches(part, child)).SelectMany(child => Expand(child, rest))
            : Directory.Exists(Path.Combine(directory, part)) ? Expand(Path.Combine(directory, part), rest) : [];
    }

    private static bool Matches(string pattern, string path) => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(path), ignoreCase: false)
        && (pattern.StartsWith('.') || !Path.GetFileName(path).StartsWith('.'));

    private static string[] Files(string directory)
    {
        var map = IsOutput(directory);
        return [.. Directory.GetFiles(directory).Where(file => !map || Path.GetFileName(file) != "map.vrt").Order(StringComparer.Ordinal)];
    }

    private static string[] Directories(string directory)
    {
        var map = IsOutput(directory);
        return
        [
            .. Directory.GetDirectories(directory)
                .Where(child => !Path.GetFileName(child).StartsWith('.') && !(map && Path.GetFileName(child) == "tiles"))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>True for the output directory of a run: its <c>tiles/</c> and <c>map.vrt</c> must not come back as imagery.</summary>
    private static bool IsOutput(string directory) => File.Exists(Path.Combine(directory, ".flair", "run.json"));

    private static string Real(string directory) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? directory));
}
