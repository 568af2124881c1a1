using System.Collections.Concurrent;
using Flair.Gdal;

namespace Flair.Storage;

/// <summary>
/// Objects as files that GDAL reads, under <see cref="Prefix"/>: by ranged requests through one cache of the process
/// (<see cref="CacheBytes"/>). A file's size and version are asked for once, or known from a listing; every read is on condition of that
/// version, so pixels of two versions never mix. Nothing that failed is remembered.
/// </summary>
public static class RemoteFiles
{
    /// <summary>How the paths of our file system begin.</summary>
    public const string Prefix = "/vsiflair/";

    /// <summary>Bytes of files that are kept in memory, in all.</summary>
    public const int CacheBytes = 64 << 20;

    private const int BlockBytes = 256 << 10;
    private const int MostAtOnce = 4 << 20;

    private static readonly Lock Gate = new();
    private static readonly Source Files = new();
    private static readonly BlockCache Cache = new(BlockBytes, CacheBytes, MostAtOnce);
    private static readonly ConcurrentDictionary<string, RemoteFile> Known = new(StringComparer.Ordinal);

    /// <summary>Objects that GDAL reads by itself.</summary>
    private static readonly ConcurrentDictionary<string, ObjectEntry> Described = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, Lazy<RemoteFile?>> Asked = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, IObjectStore> Stores = new(StringComparer.Ordinal);
    private static bool _installed;
    private static long _requests;
    private static long _received;
    private static long _used;

    /// <summary>What was read of all files.</summary>
    public static RemoteTraffic Traffic => new(Interlocked.Read(ref _requests), Interlocked.Read(ref _received), Interlocked.Read(ref _used));

    /// <summary>Has GDAL open <c>az://</c>, <c>https://</c>, <c>http://</c> (through this class), <c>s3://</c> and <c>gs://</c> (through its own); done once.</summary>
    public static void Install()
    {
        if (Volatile.Read(ref _installed))
            return;
        lock (Gate)
        {
            if (_installed)
                return;
            VsiPlugin.Install(Prefix, Files);
            Vsi.AddScheme("az://", Prefix + "az/");
            Vsi.AddScheme("https://", Prefix + "https/");
            Vsi.AddScheme("http://", Prefix + "http/");
            Vsi.AddScheme("s3://", "/vsis3/");
            Vsi.AddScheme("gs://", "/vsigs/");
            Volatile.Write(ref _installed, true);
        }
    }

    /// <summary>Replaces the options of files and stores that are opened from now on, and forgets what was known.</summary>
    public static void Configure(StorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        StorageOptions.Current = options;
        Stores.Clear();
        Forget();
    }

    /// <summary>Forgets sizes, versions and content of all files, as after a listing that is to be trusted more.</summary>
    public static void Forget()
    {
        Known.Clear();
        Described.Clear();
        Cache.Clear();
    }

    /// <summary>
    /// Size, modification time and version of an object; null when there is none. Asked once for as long as the object is read:
    /// all that is read of it belongs to this version.
    /// </summary>
    public static ObjectEntry? Find(ObjectPath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Kind is PlaceKind.Azure or PlaceKind.Web)
            return Lookup(path)?.Entry;
        if (Described.TryGetValue(path.ToString(), out var described))
            return described;
        var (store, key) = ObjectStores.OpenObject(path);
        if (store.Head(key) is { } entry)
            Described[path.ToString()] = described = entry;
        return described;
    }

    /// <summary>The objects below a folder, at any depth; what is listed needs no question of its own when it is opened.</summary>
    public static IReadOnlyList<(ObjectPath Path, ObjectEntry Entry)> List(ObjectPath folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var store = ObjectStores.Open(folder);
        List<(ObjectPath, ObjectEntry)> found = [];
        foreach (var entry in store.List("", cancellation))
        {
            var path = folder.Join(entry.Key);
            found.Add((path, entry));
            if (path.Kind == PlaceKind.Azure)
                Remember(path, entry with { Key = path.Key });
            else
                Described[path.ToString()] = entry;
        }

        return found;
    }

    /// <summary>What was read of one file in its present version; nothing where it was not read.</summary>
    public static RemoteTraffic TrafficOf(ObjectPath path) => Known.TryGetValue(path?.ToString() ?? "", out var file) ? file.Traffic : default;

    /// <summary>As <see cref="TrafficOf"/>, but what an earlier call told is left out.</summary>
    /// <param name="path">A path or address; nothing is counted for what is not read here.</param>
    public static RemoteTraffic TakeTraffic(string path) => Known.TryGetValue(path ?? "", out var file) ? file.TakeTraffic() : default;

    internal static void Count(long requests, long received, long used)
    {
        Interlocked.Add(ref _requests, requests);
        Interlocked.Add(ref _received, received);
        Interlocked.Add(ref _used, used);
    }

    private static RemoteFile? Lookup(ObjectPath path)
    {
        if (path.Key.Length == 0)
            return null;
        if (Known.TryGetValue(path.ToString(), out var known))
            return known;

        // Readers that open a file at the same moment ask once together. An answer is remembered, a failure is not.
        var asked = Asked.GetOrAdd(path.ToString(), _ => new Lazy<RemoteFile?>(() =>
        {
            if (Known.TryGetValue(path.ToString(), out var found))
                return found;
            if (StoreOf(path).Head(path.Key) is not { } entry)
                return null;
            var file = Remember(path, entry);
            file.CountQuestion();
            return file;
        }));
        try
        {
            return asked.Value;
        }
        finally
        {
            Asked.TryRemove(new KeyValuePair<string, Lazy<RemoteFile?>>(path.ToString(), asked));
        }
    }

    /// <summary>The first to find a version gives the file, so that blocks are shared; another version replaces it.</summary>
    private static RemoteFile Remember(ObjectPath path, ObjectEntry entry) => Known.AddOrUpdate(
        path.ToString(),
        _ => Make(path, entry),
        (_, former) => former.Entry == entry ? former : Make(path, entry));

    private static RemoteFile Make(ObjectPath path, ObjectEntry entry) => new(path, StoreOf(path), entry, Cache, Outdated);

    private static void Outdated(RemoteFile file) => Known.TryRemove(new KeyValuePair<string, RemoteFile>(file.Path.ToString(), file));

    /// <summary>The store of a container or host; one with a signature of its own has its own.</summary>
    private static IObjectStore StoreOf(ObjectPath path)
    {
        var root = $"{path.Scheme}://{path.Authority}";
        var query = path.Kind == PlaceKind.Azure ? path.Query : "";
        return Stores.GetOrAdd(query.Length == 0 ? root : $"{root} {query}", _ => Open(path, root));
    }

    private static IObjectStore Open(ObjectPath path, string root) =>
        path.Kind == PlaceKind.Azure ? new AzureStore(ObjectPath.Parse(root), path, StorageOptions.Current) : new WebStore(ObjectPath.Parse(root), StorageOptions.Current);

    private sealed class Source : IVsiFiles
    {
        public VsiEntry? Stat(string path) => ObjectPath.FromGdalPath(Prefix + path) is { } place && Lookup(place) is { } file
            ? new VsiEntry(path, file.Entry.Bytes, file.Entry.Modified == 0 ? 0 : new DateTimeOffset(file.Entry.Modified, TimeSpan.Zero).ToUnixTimeSeconds())
            : null;

        public IVsiFile? Open(string path) => ObjectPath.FromGdalPath(Prefix + path) is { } place ? Lookup(place)?.Open() : null;
    }
}
