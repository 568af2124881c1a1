using System.Text.Json;
using Flair.Indexing;
using Flair.Running;
using Flair.Storage;
using Flair.Tiles;

namespace Flair.Publishing;

/// <summary>One file of the whole map.</summary>
/// <param name="What">What it is, e.g. <c>map</c>.</param>
/// <param name="File">Its place and checksums.</param>
internal sealed record PublishedProduct(string What, OutputFile File);

/// <summary>What the files of the whole map were made from. It is written last; where it fits, nothing has to be made.</summary>
/// <param name="Records">SHA-256 over the records of all tiles.</param>
/// <param name="Products">The files.</param>
internal sealed record MapMarker(string Records, IReadOnlyList<PublishedProduct> Products);

/// <summary>Brings the files of the whole map into object storage: each is replaced whole, the marker last.</summary>
internal sealed class MapPublisher(RemoteOutput output)
{
    /// <summary>Where the marker lies in the mirror.</summary>
    public static string MarkerIn(OutputLayout local) => Path.Combine(local.Index.Work, "map.json");

    /// <summary>The files of the whole map where they fit these records, as the storage was listed; else null.</summary>
    public IReadOnlyList<(string What, string Path)>? Current(IReadOnlyList<TileRow> rows)
    {
        try
        {
            var marker = JsonSerializer.Deserialize(File.ReadAllBytes(MarkerIn(output.Local)), IndexJson.Default.MapMarker);
            return marker is not null && marker.Products.All(product => product.File.Bytes == 0 || output.IsListed(product.File)) && marker.Records == Digest(rows)
                ? [.. marker.Products.Select(product => (product.What, product.File.Path))]
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// Lists the storage again, since other runs may have been at work, and fetches what the files of the whole map are made from.
    /// </summary>
    /// <returns>The records as they are in the storage now; a tile that is no longer finished there comes back failed.</returns>
    public async Task<IReadOnlyList<TileRow>> SettleAsync(IReadOnlyList<TileRow> rows, CancellationToken cancellation)
    {
        await output.RefreshAsync(cancellation).ConfigureAwait(false);
        var index = output.Local.Index;
        await output.FetchAllAsync(rows.Select(row => (output.KeyOf(index.Record(row.Tile)), index.Record(row.Tile), output.Listed(output.KeyOf(index.Record(row.Tile))))), cancellation).ConfigureAwait(false);
        var settled = rows.Select(Settle).ToList();
        await output.FetchAllAsync(
            settled.Where(row => row.Status == TileStatus.Done).Select(row => (output.KeyIn(row.Fragment!.Path), index.Fragment(row.Tile), output.Listed(output.KeyIn(row.Fragment.Path)))),
            cancellation).ConfigureAwait(false);
        return settled;

        TileRow Settle(TileRow row)
        {
            if (row.Status != TileStatus.Done)
                return row;
            var same = TileRecordFile.TryRead(index.Record(row.Tile), out var now, out _)
                && now.Status == TileStatus.Done
                && now.InputsFingerprint == row.InputsFingerprint
                && now.ModelFingerprint == row.ModelFingerprint
                && now.SettingsFingerprint == row.SettingsFingerprint
                && output.Holds(now);
            return same
                ? now! with { Inputs = row.Inputs }
                : row with { Status = TileStatus.Failed, Error = "another run changed this tile's files meanwhile; run the same command again", Outputs = [], Histogram = [] };
        }
    }

    /// <summary>Writes the files of the whole map that were made in the mirror, and then the marker.</summary>
    public async Task PublishAsync(IReadOnlyList<(string What, string Path)> products, IReadOnlyList<TileRow> rows, CancellationToken cancellation)
    {
        var root = output.Local.Root;
        var made = new List<PublishedProduct>();
        try
        {
            foreach (var (what, path) in products)
            {
                var full = Path.GetFullPath(path, root);
                if (!File.Exists(full))
                {
                    // The raster of a FLAIR-1 run, which is a tile and already there.
                    made.Add(new PublishedProduct(what, new OutputFile(path, 0, "")));
                    continue;
                }

                var file = RemoteOutput.Describe(full, path.Replace('\\', '/'));
                await output.PutAsync(output.KeyOf(full), full, file, cancellation).ConfigureAwait(false);
                made.Add(new PublishedProduct(what, file));
            }

            // What former settings made and these do not.
            if (made.Any(product => MapProducts.Names.Contains(product.File.Path)))
            {
                foreach (var former in MapProducts.Names.Except(made.Select(product => product.File.Path)).Select(output.KeyIn).Where(key => output.Listed(key) is not null))
                    await output.Store.DeleteAsync(former, cancellation).ConfigureAwait(false);
            }

            var marker = MarkerIn(output.Local);
            DurableFile.WriteAllBytes(marker, JsonSerializer.SerializeToUtf8Bytes(new MapMarker(Digest(rows), made), IndexJson.Default.MapMarker));
            await output.PutAsync(output.KeyOf(marker), marker, RemoteOutput.Describe(marker, Path.GetRelativePath(root, marker)), cancellation).ConfigureAwait(false);
            foreach (var product in made)
                File.Delete(Path.GetFullPath(product.File.Path, root));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RemoteOutput.Unusable(output.Folder, e);
        }
    }

    /// <summary>Over the mirror's records, which are those of the storage, and what this run makes of them.</summary>
    private string Digest(IReadOnlyList<TileRow> rows) => Sha256.OfText(string.Join('\n', rows.OrderBy(row => row.Tile, StringComparer.Ordinal).Select(row =>
    {
        var record = output.Local.Index.Record(row.Tile);
        return $"{row.Tile} {row.Status} {(File.Exists(record) ? ContentHash.OfFile(record) : "")}";
    })));
}
