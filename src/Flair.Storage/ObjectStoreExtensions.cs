namespace Flair.Storage;

/// <summary>The calls of <see cref="IObjectStore"/> for callers that wait, and a few that are made of them.</summary>
public static class ObjectStoreExtensions
{
    /// <summary>See <see cref="IObjectStore.ListAsync"/>.</summary>
    public static IReadOnlyList<ObjectEntry> List(this IObjectStore store, string prefix = "", CancellationToken cancellation = default) =>
        store.ListAsync(prefix, cancellation).ToBlockingEnumerable(cancellation).ToList();

    /// <summary>See <see cref="IObjectStore.HeadAsync"/>.</summary>
    public static ObjectEntry? Head(this IObjectStore store, string key, CancellationToken cancellation = default) =>
        store.HeadAsync(key, cancellation).GetAwaiter().GetResult();

    /// <summary>See <see cref="IObjectStore.CreateAsync"/>.</summary>
    public static bool Create(this IObjectStore store, string key, ObjectContent content, CancellationToken cancellation = default) =>
        store.CreateAsync(key, content, cancellation).GetAwaiter().GetResult();

    /// <summary>See <see cref="IObjectStore.ReplaceAsync"/>.</summary>
    public static void Replace(this IObjectStore store, string key, ObjectContent content, CancellationToken cancellation = default) =>
        store.ReplaceAsync(key, content, cancellation).GetAwaiter().GetResult();

    /// <summary>See <see cref="IObjectStore.DeleteAsync(string, CancellationToken)"/>.</summary>
    public static void Delete(this IObjectStore store, string key, CancellationToken cancellation = default) =>
        store.DeleteAsync(key, cancellation).GetAwaiter().GetResult();

    /// <summary>A whole object that fits into memory; null when there is none.</summary>
    /// <exception cref="StorageException">It cannot be read, or is larger than <paramref name="most"/> bytes.</exception>
    public static byte[]? ReadAllBytes(this IObjectStore store, string key, int most = 256 << 20, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Head(key, cancellation) is not { } entry)
            return null;
        if (entry.Bytes > most)
            throw new StorageException(StorageFault.Invalid, $"{store.Root.Join(key)}: {entry.Bytes} bytes, more than the {most} that are read at once");
        var bytes = new byte[entry.Bytes];
        int got = store.ReadAsync(key, 0, bytes, entry.ETag, cancellation).GetAwaiter().GetResult();
        return got == bytes.Length ? bytes : throw new StorageException(StorageFault.Changed, $"{store.Root.Join(key)}: changed while it was read");
    }

    /// <summary>Copies an object to a local file, a few MiB at a time; the file is complete or, after an error, to be thrown away.</summary>
    /// <returns>What was copied.</returns>
    /// <exception cref="StorageException">There is none, or it cannot be read, or it changed meanwhile.</exception>
    public static ObjectEntry Download(this IObjectStore store, string key, string file, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var entry = store.Head(key, cancellation) ?? throw new StorageException(StorageFault.NotFound, $"{store.Root.Join(key)}: not there");
        using var target = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var buffer = new byte[(int)Math.Min(4 << 20, Math.Max(1, entry.Bytes))];
        for (long done = 0; done < entry.Bytes;)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, entry.Bytes - done));
            int got = store.ReadAsync(key, done, part, entry.ETag, cancellation).GetAwaiter().GetResult();
            if (got != part.Length)
                throw new StorageException(StorageFault.Changed, $"{store.Root.Join(key)}: changed while it was read");
            target.Write(part.Span);
            done += got;
        }

        target.Flush(flushToDisk: true);
        return entry;
    }
}
