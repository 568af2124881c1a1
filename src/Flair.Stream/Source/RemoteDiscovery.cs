using System.IO.Enumeration;
using Flair.Storage;

namespace Flair.Source;

/// <summary>
/// Finds the objects that an address names: an object, a folder, or a pattern (<c>*</c> and <c>?</c> within a part of the key,
/// <c>**</c> any depth). Folders are listed, in requests of thousands of objects; no object is opened.
/// </summary>
internal static class RemoteDiscovery
{
    /// <summary>What was found.</summary>
    /// <param name="Root">The folder that the objects were found in; null when the object was named itself.</param>
    /// <param name="Keys">Their keys, relative to the folder; for an object named itself its whole address.</param>
    public readonly record struct Found(string? Root, List<string> Keys);

    /// <summary>Looks for what an address names.</summary>
    /// <param name="address">The address.</param>
    /// <param name="isRaster">True for the name of a raster: an address that ends so is an object's.</param>
    /// <exception cref="StorageException">It cannot be listed.</exception>
    public static Found Find(string address, Func<string, bool> isRaster)
    {
        var path = ObjectPath.Parse(address);
        var parts = path.Key.Split('/');
        int first = path.Kind == PlaceKind.Web ? -1 : Array.FindIndex(parts, IsPattern);
        if (first < 0 && (path.Kind == PlaceKind.Web || isRaster(path.Name)))
            return new Found(null, [address]);
        var root = Above(path, first < 0 ? parts.Length : first);
        var keys = RemoteFiles.List(root).Select(each => each.Entry.Key).ToList();
        if (first >= 0)
        {
            keys.RemoveAll(key => !Matches(parts.AsSpan(first), key.Split('/')));
        }
        else if (keys.Count == 0 && path.Key.Length > 0 && RemoteFiles.Find(path) is not null)
        {
            return new Found(null, [address]);
        }

        var maps = keys.Count == 0 ? [] : Maps(keys);
        keys.RemoveAll(key => key.Split('/').Any(part => part.StartsWith('.')) || maps.Any(map => IsOutput(map, key)));
        return new Found(root.ToString(), keys);
    }

    private static ObjectPath Above(ObjectPath path, int parts)
    {
        var folder = path;
        for (int i = path.Key.Split('/').Length; i > parts; i--)
            folder = folder.Parent!;
        return folder;
    }

    private static bool IsPattern(string text) => text.AsSpan().IndexOfAny('*', '?') >= 0;

    private static bool Matches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> key)
    {
        if (pattern.IsEmpty)
            return key.IsEmpty;
        if (pattern[0] == "**")
        {
            // "a/**" is all files below a.
            if (pattern.Length == 1)
                return !key.IsEmpty;
            for (int skip = 0; skip < key.Length; skip++)
            {
                if (Matches(pattern[1..], key[skip..]))
                    return true;
            }

            return false;
        }

        return !key.IsEmpty && FileSystemName.MatchesSimpleExpression(pattern[0], key[0], ignoreCase: false) && Matches(pattern[1..], key[1..]);
    }

    /// <summary>The folders, with their slash, that a run of this program wrote its map into.</summary>
    private static List<string> Maps(List<string> keys)
    {
        const string mark = ".flair/run.json";
        return [.. keys.Where(key => key == mark || key.EndsWith("/" + mark, StringComparison.Ordinal)).Select(key => key[..^mark.Length])];
    }

    private static bool IsOutput(string map, string key) =>
        key.StartsWith(map, StringComparison.Ordinal) && (key[map.Length..] == "map.vrt" || key[map.Length..].StartsWith("tiles/", StringComparison.Ordinal));
}
