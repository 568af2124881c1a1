namespace Flair.Storage;

/// <summary>
/// A folder of objects, local or remote. Keys are relative to the folder, with slashes, e.g. <c>tiles/a.tif</c>. Every call is retried
/// as the storage needs it; what still fails is a <see cref="StorageException"/>. Safe to use from several threads.
/// </summary>
public interface IObjectStore
{
    /// <summary>The folder.</summary>
    ObjectPath Root { get; }

    /// <summary>The objects whose key begins with a prefix, in ordinal order of their keys. What others are just writing is not among them.</summary>
    /// <param name="prefix">The beginning of keys, e.g. <c>tiles/</c>; empty for all. A folder that is not there has no objects.</param>
    /// <param name="cancellation">Stops it.</param>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellation = default);

    /// <summary>What the storage says of an object, asked anew each time; null when there is none.</summary>
    Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default);

    /// <summary>Reads a range; fills <paramref name="buffer"/> or, at the object's end, less.</summary>
    /// <param name="key">Which object.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="etag">The <see cref="ObjectEntry.ETag"/> that the object must still have; null for whatever is there.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Bytes read.</returns>
    /// <exception cref="StorageException"><see cref="StorageFault.NotFound"/>, <see cref="StorageFault.Changed"/>, or the storage failed for too long.</exception>
    Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default);

    /// <summary>
    /// Writes an object where there is none. It appears complete and verified or not at all, and of several that try at once exactly one
    /// wins, whatever answers get lost on the way (<c>s3://</c>, <c>gs://</c>: best effort, see <see cref="GdalStore"/>).
    /// </summary>
    /// <returns>True when this call wrote it, false when there is one already.</returns>
    Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default);

    /// <summary>Writes an object, over the one that may be there. Readers see the former or the new one, whole.</summary>
    Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default);

    /// <summary>Removes an object; nothing happens where there is none.</summary>
    Task DeleteAsync(string key, CancellationToken cancellation = default);

    /// <summary>Removes an object if it is still the one described; another version stays. Without conditional requests (all but <c>az://</c>) it is looked at right before.</summary>
    async Task DeleteAsync(ObjectEntry entry, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if ((await HeadAsync(entry.Key, cancellation))?.ETag == entry.ETag)
            await DeleteAsync(entry.Key, cancellation);
    }
}

/// <summary>An object as its storage describes it.</summary>
/// <param name="Key">Its key, relative to the store's folder.</param>
/// <param name="Bytes">Size in bytes.</param>
/// <param name="Modified">Modification time in UTC ticks, by the storage's clock; 0 where it tells none.</param>
/// <param name="ETag">What changes whenever the object does, without quotes; empty where the storage tells none.</param>
public sealed record ObjectEntry(string Key, long Bytes, long Modified, string ETag)
{
    /// <summary>MD5 of the content as hexadecimal digits; empty where the storage does not tell it.</summary>
    public string Hash { get; init; } = "";
}

/// <summary>What is to be written: a file that stays as it is meanwhile, or bytes.</summary>
public sealed class ObjectContent
{
    private readonly string? _file;
    private readonly ReadOnlyMemory<byte> _bytes;

    private ObjectContent(string? file, ReadOnlyMemory<byte> bytes, long length)
    {
        _file = file;
        _bytes = bytes;
        Length = length;
    }

    /// <summary>Size in bytes.</summary>
    public long Length { get; }

    /// <summary>The content of a local file, read when it is written, perhaps several times.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static ObjectContent OfFile(string path) => new(path, default, new FileInfo(path).Length);

    /// <summary>Bytes in memory.</summary>
    public static ObjectContent OfBytes(ReadOnlyMemory<byte> bytes) => new(null, bytes, bytes.Length);

    /// <summary>A text in UTF-8.</summary>
    public static ObjectContent OfText(string text) => OfBytes(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/> on, or less at the end.</summary>
    internal int Read(long offset, Span<byte> buffer)
    {
        if (_file is null)
        {
            var part = _bytes.Span[(int)Math.Min(offset, _bytes.Length)..];
            part = part[..Math.Min(part.Length, buffer.Length)];
            part.CopyTo(buffer);
            return part.Length;
        }

        using var handle = File.OpenHandle(_file, FileMode.Open, FileAccess.Read, FileShare.Read);
        return FileRange.Read(handle, buffer, offset);
    }
}
