using System.Collections.Concurrent;
using Flair.Indexing;
using Flair.Running;
using Flair.Settings;
using Flair.Storage;

namespace Flair.Publishing;

/// <summary>
/// An output in object storage. A local working directory stands for it: tiles are composed there, and it mirrors what
/// is small (records, fragments, the run's state). What it holds is never believed: at each start the storage is listed, and what the
/// mirror lacks or has in another version is fetched. Several runs may write to one output at once, each with a mirror of its own.
/// </summary>
public sealed class RemoteOutput : IDisposable
{
    private const int MostRounds = 4;
    private const int MostMirrors = 64;

    private readonly FileStream _lock;
    private readonly ConcurrentDictionary<string, ObjectEntry> _listed = new(StringComparer.Ordinal);

    private RemoteOutput(ObjectPath place, IObjectStore store, string folder, FileStream held, RunSettings settings)
    {
        Place = place;
        Store = store;
        Folder = folder;
        _lock = held;
        Local = new OutputLayout(settings, this);
    }

    /// <summary>The address, without secrets.</summary>
    public ObjectPath Place { get; }

    /// <summary>The directory that stands for it here.</summary>
    public string Folder { get; }

    /// <summary>The objects.</summary>
    public IObjectStore Store { get; }

    /// <summary>Where things lie in <see cref="Folder"/>.</summary>
    public OutputLayout Local { get; }

    /// <summary>True when no run has left anything here but its identity.</summary>
    public bool IsUnused => !_listed.Keys.Any(key => key.StartsWith(RecordPrefix, StringComparison.Ordinal)
        || key.StartsWith(FragmentPrefix, StringComparison.Ordinal)
        || (Local.Tiles != Local.Base && key.StartsWith("tiles/", StringComparison.Ordinal)));

    /// <summary>Objects that are fetched or removed at once. A simulation takes one, so that requests come in the same order each time.</summary>
    internal static int ObjectsAtOnce { get; set; } = 16;

    /// <summary>How the keys of records begin.</summary>
    internal string RecordPrefix => KeyOf(Local.Index.Records) + "/";

    /// <summary>How the keys of fragments begin.</summary>
    internal string FragmentPrefix => KeyOf(Local.Index.Fragments) + "/";

    /// <summary>Takes a working directory, lists the storage and brings the mirror up to date.</summary>
    /// <param name="settings">Output and working directory are looked at.</param>
    /// <param name="open">Opens the storage; null for the usual way.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Null for a local output.</returns>
    /// <exception cref="FlairException">The place is no place for outputs, or the working directory cannot be used.</exception>
    /// <exception cref="StorageException">The storage fails.</exception>
    public static async Task<RemoteOutput?> OpenAsync(RunSettings settings, Func<ObjectPath, IObjectStore>? open, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!ObjectPath.IsRemoteText(settings.Output))
            return null;
        var place = ObjectPath.Parse(settings.Output);
        if (place.Kind == PlaceKind.Web)
            throw new FlairException($"{place}: {place.Scheme}:// can be read only; give az://container/path, s3://, gs:// or a local path as output");
        var store = open?.Invoke(place) ?? ObjectStores.Open(place);
        var work = settings.Resources.Work ?? Path.Combine(Path.GetTempPath(), $"flair-work-{Environment.UserName}");
        try
        {
            var (folder, held) = TakeFolder(work, place);
            var output = new RemoteOutput(place, store, folder, held, settings);
            try
            {
                RemoteFiles.Install();
                await output.StartAsync(cancellation).ConfigureAwait(false);
                return output;
            }
            catch
            {
                output.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(work, e);
        }
    }

    /// <summary>True when the objects of a finished tile are there, as they were listed.</summary>
    public bool Holds(TileRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Fragment is { } fragment && IsListed(fragment) && row.Outputs.All(IsListed);
    }

    /// <summary>True when an object was listed with this content, as far as the storage tells.</summary>
    internal bool IsListed(OutputFile file) => _listed.TryGetValue(KeyIn(file.Path), out var entry) && LooksLike(entry, file);

    /// <summary>What was listed under a key; null for nothing.</summary>
    internal ObjectEntry? Listed(string key) => _listed.GetValueOrDefault(key);

    /// <summary>All keys that were listed, in ordinal order.</summary>
    internal IEnumerable<string> ListedKeys => _listed.Keys.Order(StringComparer.Ordinal);

    /// <summary>The key of a file in <see cref="Folder"/>.</summary>
    internal string KeyOf(string path) => Path.GetRelativePath(Folder, path).Replace('\\', '/');

    /// <summary>The key of a path that is relative to the directory of the index.</summary>
    internal string KeyIn(string path) => KeyOf(Path.GetFullPath(path, Local.Root));

    /// <summary>Lists the storage anew.</summary>
    internal async Task RefreshAsync(CancellationToken cancellation)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var entry in Store.ListAsync("", cancellation).ConfigureAwait(false))
        {
            _listed[entry.Key] = entry;
            found.Add(entry.Key);
        }

        foreach (var key in _listed.Keys.Where(key => !found.Contains(key)).ToList())
            _listed.TryRemove(key, out _);
    }

    /// <summary>Brings a file of the mirror to the version that is in the storage now.</summary>
    /// <returns>What was fetched; null when there is no such object.</returns>
    internal async Task<ObjectEntry?> FetchAsync(string key, string path, CancellationToken cancellation, ObjectEntry? known = null)
    {
        for (int round = 0; round < MostRounds; round++)
        {
            var entry = (round == 0 ? known : null) ?? await Store.HeadAsync(key, cancellation).ConfigureAwait(false);
            if (entry is null)
            {
                File.Delete(path);
                _listed.TryRemove(key, out _);
                return null;
            }

            if (IsMirrored(entry, path))
                return entry;
            try
            {
                var bytes = new byte[entry.Bytes];
                int got = await Store.ReadAsync(key, 0, bytes, entry.ETag, cancellation).ConfigureAwait(false);
                if (got != bytes.Length || (entry.Hash.Length > 0 && entry.Hash != ContentHash.Of(ObjectContent.OfBytes(bytes))))
                    throw new StorageException(StorageFault.Corrupt, $"{Store.Root.Join(key)}: what was read is not what was written there");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                DiskSteps.Reach(DiskStep.Write, path);
                await File.WriteAllBytesAsync(path, bytes, cancellation).ConfigureAwait(false);
                DiskSteps.Reach(DiskStep.Written, path);
                Stamp(path, entry);
                _listed[key] = entry;
                return entry;
            }
            catch (StorageException e) when (e.Fault is StorageFault.Changed or StorageFault.NotFound or StorageFault.Corrupt && round < MostRounds - 1)
            {
                // Another run wrote it just now.
            }
        }

        throw new StorageException(StorageFault.Unavailable, $"{Store.Root.Join(key)}: others write it all the time");
    }

    /// <summary>
    /// Has the storage hold a file's content under a key. What is there with the same content stays as it is, so that runs that come to the
    /// same result never disturb each other.
    /// </summary>
    internal async Task PutAsync(string key, string path, OutputFile file, CancellationToken cancellation)
    {
        for (int round = 0; round < MostRounds; round++)
        {
            var there = round == 0 && !_listed.ContainsKey(key) ? null : await Store.HeadAsync(key, cancellation).ConfigureAwait(false);
            if (there is not null && await IsSameAsync(there, file, cancellation).ConfigureAwait(false))
                return;
            var content = ObjectContent.OfFile(path);
            if (there is not null)
                await Store.ReplaceAsync(key, content, cancellation).ConfigureAwait(false);
            else if (!await Store.CreateAsync(key, content, cancellation).ConfigureAwait(false))
                continue;
            return;
        }

        throw new StorageException(StorageFault.Unavailable, $"{Store.Root.Join(key)}: others write or remove it all the time");
    }

    /// <summary>True when an object has a file's content, read where the storage tells no checksum; null when there is none.</summary>
    internal async Task<bool> IsThereAsync(OutputFile file, CancellationToken cancellation) =>
        await Store.HeadAsync(KeyIn(file.Path), cancellation).ConfigureAwait(false) is { } entry && await IsSameAsync(entry, file, cancellation).ConfigureAwait(false);

    /// <summary>A file of the mirror with its checksums.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="relative">Its path in the storage, relative to the directory of the index.</param>
    internal static OutputFile Describe(string path, string relative) =>
        new(relative, new FileInfo(path).Length, Sha256.OfFile(path)) { Md5 = ContentHash.OfFile(path) };

    /// <summary>Fetches objects into the mirror, several at once.</summary>
    internal async Task FetchAllAsync(IEnumerable<(string Key, string Path, ObjectEntry? Known)> wanted, CancellationToken cancellation)
    {
        try
        {
            await Parallel.ForEachAsync(
                wanted,
                new ParallelOptions { MaxDegreeOfParallelism = ObjectsAtOnce, CancellationToken = cancellation },
                async (one, token) => await FetchAsync(one.Key, one.Path, token, one.Known).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(Folder, e);
        }
    }

    /// <summary>The working directory cannot take what must go there.</summary>
    internal static FlairException Unusable(string folder, Exception cause) =>
        new($"{folder}: cannot be used for the output's working files ({cause.Message.TrimEnd('.')}); give a directory with room by --work DIR", cause);

    /// <summary>Lets the working directory go; what is mirrored stays for the next run.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>A directory that no other run of this machine uses: the first for a single run, so that it finds its mirror again.</summary>
    private static (string Folder, FileStream Held) TakeFolder(string work, ObjectPath place)
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(work);
        else
            Directory.CreateDirectory(work, own);
        var name = Sha256.OfText(place.ToString())[..16];
        for (int i = 1; ; i++)
        {
            var folder = Path.GetFullPath(Path.Combine(work, i == 1 ? name : $"{name}-{i}"));
            try
            {
                var held = new FileStream(folder + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                Directory.CreateDirectory(folder);
                return (folder, held);
            }
            catch (IOException) when (i < MostMirrors && File.Exists(folder + ".lock"))
            {
                // Another run of this machine writes to the same output.
            }
        }
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        await RefreshAsync(cancellation).ConfigureAwait(false);
        var state = KeyOf(Local.Index.Work) + "/";
        var wanted = _listed.Values
            .Where(entry => entry.Key.StartsWith(RecordPrefix, StringComparison.Ordinal)
                || (entry.Key.StartsWith(state, StringComparison.Ordinal) && entry.Key.IndexOf('/', state.Length) < 0 && entry.Key != KeyOf(Local.RecordFile)))
            .ToDictionary(entry => entry.Key, StringComparer.Ordinal);

        // Fragments are kept until they are asked for; all else that is not in the storage is a leftover.
        foreach (var file in Directory.EnumerateFiles(Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).ToList())
        {
            var key = KeyOf(file);
            if (!wanted.ContainsKey(key) && !key.StartsWith(FragmentPrefix, StringComparison.Ordinal) && file != Local.LockFile && file != Local.RecordFile)
                File.Delete(file);
        }

        await FetchAllAsync(wanted.Values.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => (entry.Key, Path.Combine(Folder, entry.Key), (ObjectEntry?)entry)), cancellation).ConfigureAwait(false);
    }

    /// <summary>True when a file of the mirror is an object's version: by its checksum or, where the storage tells none, by size and time.</summary>
    private static bool IsMirrored(ObjectEntry entry, string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length != entry.Bytes)
            return false;
        return entry.Hash.Length > 0 ? ContentHash.OfFile(path) == entry.Hash : entry.Modified > 0 && file.LastWriteTimeUtc.Ticks == entry.Modified;
    }

    private static void Stamp(string path, ObjectEntry entry)
    {
        if (entry.Hash.Length == 0 && entry.Modified > 0)
            File.SetLastWriteTimeUtc(path, new DateTime(entry.Modified, DateTimeKind.Utc));
    }

    private static bool LooksLike(ObjectEntry entry, OutputFile file) =>
        entry.Bytes == file.Bytes && (entry.Hash.Length == 0 || file.Md5 is null || entry.Hash == file.Md5);

    private async Task<bool> IsSameAsync(ObjectEntry entry, OutputFile file, CancellationToken cancellation)
    {
        if (!LooksLike(entry, file))
            return false;
        if (entry.Hash.Length > 0 && file.Md5 is not null)
            return true;
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        var buffer = new byte[(int)Math.Clamp(entry.Bytes, 1, 4 << 20)];
        try
        {
            for (long done = 0; done < entry.Bytes;)
            {
                int got = await Store.ReadAsync(entry.Key, done, buffer.AsMemory(0, (int)Math.Min(buffer.Length, entry.Bytes - done)), entry.ETag, cancellation).ConfigureAwait(false);
                if (got == 0)
                    return false;
                hash.AppendData(buffer, 0, got);
                done += got;
            }
        }
        catch (StorageException e) when (e.Fault is StorageFault.Changed or StorageFault.NotFound)
        {
            return false;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Sha256;
    }
}
