using Flair.Indexing;
using Flair.Storage;

namespace Flair.Publishing;

/// <summary>The index of an output in object storage, as files to read.</summary>
internal static class RemoteIndex
{
    /// <summary>Downloads the two Parquet files or, while a run goes on, the records and fragments so far.</summary>
    /// <param name="address">The output.</param>
    /// <param name="folder">Takes the files.</param>
    /// <exception cref="FlairException">There is no index, or it cannot be read.</exception>
    public static void Download(string address, string folder) => RemotePlaces.Guard(() =>
    {
        var place = ObjectPath.Parse(address);
        var store = ObjectStores.Open(place);
        var index = new IndexLayout(folder);
        Directory.CreateDirectory(index.Records);
        Directory.CreateDirectory(index.Fragments);
        var found = store.List().Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        if (found.Contains(Key(index.Tiles)) && found.Contains(Key(index.Slices)))
        {
            store.Download(Key(index.Slices), index.Slices);
            store.Download(Key(index.Tiles), index.Tiles);
            return true;
        }

        if (!found.Contains(Key(index.Description)))
            throw new FlairException($"{place} holds no index (neither tiles.parquet nor a run under way); give the output of flair detect");
        store.Download(Key(index.Description), index.Description);
        foreach (var key in found.Where(key => key.StartsWith(Key(index.Records) + "/", StringComparison.Ordinal)))
        {
            var record = Path.Combine(folder, key);
            store.Download(key, record);
            if (TileRecordFile.TryRead(record, out var row, out _) && row.Fragment is { } fragment && found.Contains(fragment.Path))
                store.Download(fragment.Path, index.Fragment(row.Tile));
        }

        return true;

        string Key(string path) => Path.GetRelativePath(folder, path).Replace('\\', '/');
    });
}
