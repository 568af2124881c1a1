using Flair.Indexing;
using Flair.Running;
using Flair.Storage;

namespace Flair.Publishing;

/// <summary>
/// Removes objects that no record refers to any more: what tiles had under former settings, fragments of former nights, and, where it is asked for,
/// tiles without input. Nothing is removed while a record refers to it, and only what was there when the run began: other runs may be at work.
/// </summary>
internal sealed class ObjectSweep
{
    private const int ChecksumLength = 16;

    private readonly RemoteOutput _output;
    private readonly ILookup<string, string> _fragments;
    private readonly IReadOnlyDictionary<string, string> _records;

    /// <summary>Remembers what the output held when the run began.</summary>
    public ObjectSweep(RemoteOutput output)
    {
        _output = output;
        _fragments = output.ListedKeys.Where(key => key.StartsWith(output.FragmentPrefix, StringComparison.Ordinal)).ToLookup(StemOf, StringComparer.Ordinal);
        _records = output.ListedKeys.Where(key => key.StartsWith(output.RecordPrefix, StringComparison.Ordinal))
            .ToDictionary(key => key, key => output.Listed(key)!.ETag, StringComparer.Ordinal);
    }

    /// <summary>True for the version of a record that was there when the run began.</summary>
    public bool Began(string recordKey, string etag) => _records.GetValueOrDefault(recordKey) == etag;

    /// <summary>The fragments of a tile that were there when the run began, but for the one that its record names.</summary>
    public IEnumerable<string> FragmentsBeside(TileRow row)
    {
        var own = row.Fragment is null ? null : _output.KeyIn(row.Fragment.Path);
        return FragmentsOf(row.Tile).Where(key => key != own);
    }

    /// <summary>Removes what finished tiles have beside what their records list, as a run leaves it that is killed right after it committed a tile.</summary>
    /// <param name="rows">The records of the map, as they are in the storage.</param>
    /// <param name="removed">The tiles without input.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task RemoveLeftoversAsync(IReadOnlyList<TileRow> rows, IEnumerable<TileRow> removed, CancellationToken cancellation)
    {
        var rasters = TilePruning.Leftovers(_output.Local, rows, removed).Select(_output.KeyIn);
        var fragments = rows.Where(row => row.Fragment is not null).SelectMany(FragmentsBeside);
        return DeleteAsync([.. rasters.Concat(fragments)], cancellation);
    }

    /// <summary>
    /// Removes tiles without input. Each record first becomes one that refers to nothing and goes last, so that the next run that prunes goes on after a kill.
    /// </summary>
    /// <param name="tiles">The tiles, no longer in map and index.</param>
    /// <param name="kept">The tiles that stay; no object of theirs is touched.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task PruneAsync(IEnumerable<TileRow> tiles, IEnumerable<TileRow> kept, CancellationToken cancellation)
    {
        var needed = kept.SelectMany(row => row.Outputs).Select(output => output.Path).ToHashSet(StringComparer.Ordinal);
        try
        {
            foreach (var tile in tiles)
                await PruneAsync(tile, needed, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RemoteOutput.Unusable(_output.Folder, e);
        }
    }

    private async Task PruneAsync(TileRow tile, HashSet<string> needed, CancellationToken cancellation)
    {
        var record = _output.Local.Index.Record(tile.Tile);
        var key = _output.KeyOf(record);
        if (await _output.Store.HeadAsync(key, cancellation).ConfigureAwait(false) is not { } there || !Began(key, there.ETag))
            return; // Another run was here, which may have its input.
        if (tile.Status == TileStatus.Done)
        {
            TileRecordFile.Write(record, tile.AsFailed("its input is gone, and a run with --prune that was to remove it has not ended"));
            await _output.Store.ReplaceAsync(key, ObjectContent.OfFile(record), cancellation).ConfigureAwait(false);
            there = await _output.Store.HeadAsync(key, cancellation).ConfigureAwait(false);
        }

        var rasters = new TilePruning(_output.Local).Files(tile).Where(path => !needed.Contains(path)).Select(_output.KeyIn);
        await DeleteAsync([.. rasters.Concat(FragmentsOf(tile.Tile))], cancellation).ConfigureAwait(false);
        if (there is not null)
            await _output.Store.DeleteAsync(there, cancellation).ConfigureAwait(false);
        File.Delete(_output.Local.Index.Fragment(tile.Tile));
        File.Delete(record);
    }

    private IEnumerable<string> FragmentsOf(string tile) => _fragments[Path.GetFileNameWithoutExtension(_output.Local.Index.Fragment(tile))];

    /// <summary>The name of a tile's file without the checksum of a fragment and the extension.</summary>
    private static string StemOf(string key)
    {
        var stem = Path.GetFileNameWithoutExtension(key);
        return stem.Length > ChecksumLength && stem[^(ChecksumLength + 1)] == '.' ? stem[..^(ChecksumLength + 1)] : stem;
    }

    private Task DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellation) => Parallel.ForEachAsync(
        keys.Where(key => _output.Listed(key) is not null),
        new ParallelOptions { MaxDegreeOfParallelism = RemoteOutput.ObjectsAtOnce, CancellationToken = cancellation },
        async (key, token) => await _output.Store.DeleteAsync(key, token).ConfigureAwait(false));
}
