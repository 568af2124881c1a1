using System.Collections.Concurrent;

namespace Flair.Storage;

/// <summary>
/// The queries that were taken off addresses, kept in memory for the requests that need them. One given for a folder serves what
/// lies below it, as the SAS of a container does.
/// </summary>
internal static class SecretQueries
{
    private static readonly string[] Signatures = ["sig=", "X-Amz-Signature=", "X-Goog-Signature=", "Signature="];
    private static readonly ConcurrentDictionary<string, string> Kept = new(StringComparer.Ordinal);

    /// <summary>Remembers the query of a place; a newer signature replaces an older one.</summary>
    /// <exception cref="StorageException">The place was given before with another query that is no signature, so that it names another object.</exception>
    public static void Keep(string place, string query)
    {
        if (Kept.GetValueOrDefault(place) is { } former && former != query && !IsSigned(query))
            throw new StorageException(StorageFault.Invalid, $"{place} is given with two different queries; only one can be used in a run");
        Kept[place] = query;
    }

    /// <summary>The query of a place or of the nearest folder above that has one; empty where there is none.</summary>
    public static string Find(string place)
    {
        if (Kept.IsEmpty)
            return "";
        for (var at = place.Length; at > 0 && place[at - 1] != '/'; at = place.LastIndexOf('/', at - 1))
        {
            if (Kept.TryGetValue(place[..at], out var query))
                return query;
        }

        return "";
    }

    private static bool IsSigned(string query) =>
        query.Split('&').Any(part => Signatures.Any(name => part.StartsWith(name, StringComparison.OrdinalIgnoreCase)));
}
