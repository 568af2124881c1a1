using System.Text.Json;
using Flair.Indexing;

namespace Flair.Tests.Simulation;

/// <summary>An output at one moment: the content of every file, by its path.</summary>
internal sealed class OutputState(IReadOnlyDictionary<string, byte[]> files)
{
    public IReadOnlyDictionary<string, byte[]> Files => files;

    public static OutputState OfFolder(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        return new(!Directory.Exists(folder)
            ? new Dictionary<string, byte[]>()
            : Directory.GetFiles(folder, "*", options).ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllBytes, StringComparer.Ordinal));
    }

    /// <summary>Files that bear no final name: what a run leaves that is killed.</summary>
    public static bool IsTemporary(string path) =>
        path.EndsWith(".tmp-flair", StringComparison.Ordinal) || path.EndsWith(".flair-probe", StringComparison.Ordinal)
        || path.StartsWith(".flair/work", StringComparison.Ordinal) || path.StartsWith(".flair/scratch", StringComparison.Ordinal);

    /// <summary>The records; null for one that is not whole.</summary>
    public IEnumerable<(string Path, TileRow? Row)> Records() => files
        .Where(file => file.Key.StartsWith(".flair/tiles/", StringComparison.Ordinal) && !IsTemporary(file.Key))
        .Select(file => (file.Key, Read(file.Value)));

    private static TileRow? Read(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, IndexJson.Default.TileRecord)?.Tile;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
