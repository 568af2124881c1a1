using Flair.Indexing;
using Flair.Running;
using Flair.Storage;

namespace Flair.Publishing;

/// <summary>
/// Brings sealed tiles into object storage: the rasters, the index fragment (under a name with its checksum, since two runs' fragments
/// differ in their measurements), and at last the record, which is created on condition that there is none. Of several runs at one tile
/// the first to create the record wins; the others take its record. So a record that is there is whole, and it names whole objects.
/// </summary>
public sealed class TilePublisher
{
    private const int MostRounds = 8;
    private const int ChecksumLength = 16;

    private readonly RemoteOutput _output;
    private readonly RunIdentity _identity;
    private string _identityVersion = "";

    /// <summary>Makes it at the start of a run, when <see cref="SaveStateAsync"/> has not been called yet.</summary>
    /// <param name="output">The output, listed.</param>
    /// <param name="identity">What the run is.</param>
    public TilePublisher(RemoteOutput output, RunIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        _identity = identity;
        Sweep = new ObjectSweep(output);
    }

    /// <summary>Knows what the output held when the run began.</summary>
    internal ObjectSweep Sweep { get; }

    /// <summary>Writes what the run is and what its index is about, and removes the index where it is about to change.</summary>
    /// <param name="changesIndex">True when tiles will be written.</param>
    /// <param name="replace">See <see cref="RunOptions.Replace"/>.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FlairException">Another run with other settings has begun here in the meantime.</exception>
    public async Task SaveStateAsync(bool changesIndex, bool replace, CancellationToken cancellation)
    {
        var local = _output.Local;
        var key = _output.KeyOf(local.RunFile);
        var run = RemoteOutput.Describe(local.RunFile, Path.GetRelativePath(local.Root, local.RunFile));
        if (_output.Listed(key) is null)
        {
            if (!await _output.Store.CreateAsync(key, ObjectContent.OfFile(local.RunFile), cancellation).ConfigureAwait(false))
                await CheckIdentityAsync(cancellation).ConfigureAwait(false);
        }
        else if (!_output.IsListed(run) && (replace || _output.IsUnused))
        {
            await _output.Store.ReplaceAsync(key, ObjectContent.OfFile(local.RunFile), cancellation).ConfigureAwait(false);
        }

        foreach (var path in Directory.GetFiles(local.Index.Work, "*.json").Order(StringComparer.Ordinal))
        {
            if (path == local.RunFile || path == MapPublisher.MarkerIn(local) || path == local.RecordFile)
                continue;
            var file = RemoteOutput.Describe(path, Path.GetRelativePath(local.Root, path));
            if (!_output.IsListed(file) || _output.Listed(_output.KeyOf(path))!.Hash.Length == 0)
                await _output.PutAsync(_output.KeyOf(path), path, file, cancellation).ConfigureAwait(false);
        }

        if (!changesIndex)
            return;
        foreach (var path in new[] { local.Index.Tiles, local.Index.Slices })
        {
            if (_output.Listed(_output.KeyOf(path)) is not null)
                await _output.Store.DeleteAsync(_output.KeyOf(path), cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>True when no run has written what became of it.</summary>
    public bool LacksRecord => _output.Listed(_output.KeyOf(_output.Local.RecordFile)) is null;

    /// <summary>Writes what became of the run.</summary>
    public Task SaveRecordAsync(CancellationToken cancellation)
    {
        var path = _output.Local.RecordFile;
        return _output.PutAsync(_output.KeyOf(path), path, RemoteOutput.Describe(path, Path.GetRelativePath(_output.Local.Root, path)), cancellation);
    }

    /// <summary>Commits a tile whose files and fragment lie in the mirror; its rasters are removed from there.</summary>
    /// <param name="row">What became of it.</param>
    /// <param name="cancellation">Stops it; a tile is then committed or not.</param>
    /// <returns>The record that is in the storage: this one, or that of a run that was faster.</returns>
    /// <exception cref="StorageException">The storage fails.</exception>
    /// <exception cref="FlairException">The output belongs to other settings by now, or the mirror cannot be written.</exception>
    public async Task<TileRow> PublishAsync(TileRow row, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(row);
        try
        {
            var committed = await CommitAsync(Complete(row), cancellation).ConfigureAwait(false);
            foreach (var file in row.Outputs)
                File.Delete(Path.GetFullPath(file.Path, _output.Local.Root));
            return committed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RemoteOutput.Unusable(_output.Folder, e);
        }
    }

    private TileRow Complete(TileRow row)
    {
        if (row.Status != TileStatus.Done)
            return row;
        var root = _output.Local.Root;
        var path = _output.Local.Index.Fragment(row.Tile);
        var fragment = RemoteOutput.Describe(path, Path.GetRelativePath(root, path));
        return row with
        {
            Outputs = [.. row.Outputs.Select(file => file with { Md5 = ContentHash.OfFile(Path.GetFullPath(file.Path, root)) })],
            Fragment = fragment with { Path = $"{Path.ChangeExtension(fragment.Path, null)}.{fragment.Md5![..ChecksumLength]}.parquet" },
        };
    }

    private async Task<TileRow> CommitAsync(TileRow row, CancellationToken cancellation)
    {
        var (local, store) = (_output.Local, _output.Store);
        var record = local.Index.Record(row.Tile);
        var key = _output.KeyOf(record);
        await CheckIdentityAsync(cancellation).ConfigureAwait(false);
        for (int round = 0; round < MostRounds; round++)
        {
            if (await _output.FetchAsync(key, record, cancellation).ConfigureAwait(false) is { } there)
            {
                TileRecordFile.TryRead(record, out var other, out _);
                if (IsOurs(other, row) && await IsWholeAsync(other!, cancellation).ConfigureAwait(false))
                {
                    await DropFragmentAsync(row, other!, cancellation).ConfigureAwait(false);
                    return other!;
                }

                if (other is { Status: TileStatus.Done } && !IsOurs(other, row) && !Sweep.Began(key, there.ETag))
                    return Overtaken(row);
                await store.DeleteAsync(there, cancellation).ConfigureAwait(false);
            }

            if (row.Status == TileStatus.Done)
            {
                foreach (var file in row.Outputs)
                    await _output.PutAsync(_output.KeyIn(file.Path), Path.GetFullPath(file.Path, local.Root), file, cancellation).ConfigureAwait(false);
                await _output.PutAsync(_output.KeyIn(row.Fragment!.Path), local.Index.Fragment(row.Tile), row.Fragment, cancellation).ConfigureAwait(false);
            }

            // Not under the record's name before it is the record: where a storage tells no checksums, size and time alone would
            // make it pass for that of another run that was faster by less than a tick of the clock.
            var ours = record + ".ours";
            TileRecordFile.Write(ours, row);
            if (!await store.CreateAsync(key, ObjectContent.OfFile(ours), cancellation).ConfigureAwait(false))
                continue;
            File.Move(ours, record, overwrite: true);
            await SweepAsync(row, cancellation).ConfigureAwait(false);
            return row;
        }

        throw new StorageException(StorageFault.Unavailable, $"{store.Root.Join(key)}: others write or remove it all the time");
    }

    /// <summary>True for a record of the same tile from the same inputs, model and settings that says no less than ours.</summary>
    private static bool IsOurs(TileRow? other, TileRow row) =>
        other is { Status: TileStatus.Done }
        && other.InputsFingerprint == row.InputsFingerprint && other.ModelFingerprint == row.ModelFingerprint && other.SettingsFingerprint == row.SettingsFingerprint;

    private async Task<bool> IsWholeAsync(TileRow other, CancellationToken cancellation)
    {
        if (other.Fragment is null)
            return false;
        foreach (var file in other.Outputs.Append(other.Fragment))
        {
            if (!await _output.IsThereAsync(file, cancellation).ConfigureAwait(false))
                return false;
        }

        return true;
    }

    /// <summary>The inputs changed while this run went on, and one that began with others has finished the tile: it stays as it is.</summary>
    private static TileRow Overtaken(TileRow row) => row.AsFailed("another run finished this tile from other versions of its inputs meanwhile; run the same command again");

    /// <summary>Our fragment is of no use where another's record won.</summary>
    private async Task DropFragmentAsync(TileRow row, TileRow winner, CancellationToken cancellation)
    {
        if (row.Fragment is { } ours && ours.Path != winner.Fragment!.Path)
            await _output.Store.DeleteAsync(_output.KeyIn(ours.Path), cancellation).ConfigureAwait(false);
    }

    /// <summary>Removes what runs before this one left of the tile. With our record there, nobody can commit it any more.</summary>
    private async Task SweepAsync(TileRow row, CancellationToken cancellation)
    {
        foreach (var key in Sweep.FragmentsBeside(row))
            await _output.Store.DeleteAsync(key, cancellation).ConfigureAwait(false);
    }

    /// <summary>Another run may have begun here with other settings while nothing was finished yet: then this one ends.</summary>
    private async Task CheckIdentityAsync(CancellationToken cancellation)
    {
        var path = _output.Local.RunFile;
        var key = _output.KeyOf(path);
        var entry = await _output.Store.HeadAsync(key, cancellation).ConfigureAwait(false);
        if (entry?.ETag == _identityVersion)
            return;
        if (entry is null)
        {
            await _output.Store.CreateAsync(key, ObjectContent.OfFile(path), cancellation).ConfigureAwait(false);
            return;
        }

        if (await _output.FetchAsync(key, path, cancellation, entry).ConfigureAwait(false) is { } fetched)
        {
            RunDirectory.Compare(_output.Local, _identity);
            _identityVersion = fetched.ETag;
        }
    }
}
