using System.Runtime.CompilerServices;
using Flair.Gdal;

namespace Flair.Storage;

/// <summary>
/// A folder of S3 or Google Cloud Storage through GDAL's own file systems and credentials (AWS_…, GS_…). An object is written whole: one
/// PUT, or a multipart upload that the storage shows when it is completed. GDAL has no conditional write, so creating asks first whether
/// there is an object: two that do so in the same moment may both believe to have won, and the later one's content, complete, remains.
/// GDAL tells no ETag; size and modification time stand for it.
/// </summary>
public sealed class GdalStore : IObjectStore
{
    private const int PieceBytes = 1 << 20;

    private readonly string _folder;
    private readonly Resilience _resilience;

    /// <summary>The store of a folder.</summary>
    public GdalStore(ObjectPath folder, StorageOptions options)
        : this(folder, (folder ?? throw new ArgumentNullException(nameof(folder))).GdalPath.TrimEnd('/') + "/", options)
    {
    }

    internal GdalStore(ObjectPath root, string folder, StorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Root = root;
        _folder = folder;
        _resilience = new Resilience(options);
    }

    /// <inheritdoc/>
    public ObjectPath Root { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);

        // GDAL lists directories; the rest of the prefix is compared here.
        var inside = prefix[..(prefix.LastIndexOf('/') + 1)];
        var files = await Run(prefix, () => Vsi.List((_folder + inside).TrimEnd('/')), cancellation);
        foreach (var file in files.Select(file => file with { Path = inside + file.Path }).OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            if (file.Path.StartsWith(prefix, StringComparison.Ordinal))
                yield return Entry(file.Path, file);
        }
    }

    /// <inheritdoc/>
    public Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default) =>
        Run(key, () => Vsi.Stat(_folder + key) is { } stat ? Entry(key, stat) : null, cancellation);

    /// <inheritdoc/>
    public Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default) =>
        Run(
            key,
            () =>
            {
                if (!string.IsNullOrEmpty(etag) && Vsi.Stat(_folder + key) is { } stat && Entry(key, stat).ETag != etag)
                    throw new StorageException(StorageFault.Changed, $"{Root.Join(key)}: it changed since it was opened");
                return Vsi.Read(_folder + key, offset, buffer.Span) ?? throw new StorageException(StorageFault.NotFound, $"{Root.Join(key)}: there is no such object");
            },
            cancellation);

    /// <inheritdoc/>
    public async Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default)
    {
        if (await HeadAsync(key, cancellation) is not null)
            return false;
        await ReplaceAsync(key, content, cancellation);
        return true;
    }

    /// <inheritdoc/>
    public async Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var hash = ContentHash.Of(content);
        await Run(key, () => Write(key, content), cancellation);
        var written = await Run(key, () => ReadBack(key), cancellation);
        if (written != (content.Length, hash))
            throw new StorageException(StorageFault.Corrupt, $"{Root.Join(key)}: what was written does not read back ({written.Bytes} bytes where {content.Length} were sent)");
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellation = default)
    {
        await Run(key, () => Vsi.Delete(_folder + key), cancellation);
        if (await HeadAsync(key, cancellation) is not null)
            throw new StorageException(StorageFault.Unavailable, $"{Root.Join(key)}: it could not be removed");
    }

    private static ObjectEntry Entry(string key, VsiEntry file)
    {
        var modified = file.ModifiedSeconds > 0 ? DateTimeOffset.FromUnixTimeSeconds(file.ModifiedSeconds).UtcTicks : 0;
        return new ObjectEntry(key, file.Bytes, modified, $"{file.Bytes:x}-{modified:x}");
    }

    private bool Write(string key, ObjectContent content)
    {
        long done = 0;
        var buffer = new byte[PieceBytes];
        Vsi.Write(_folder + key, () =>
        {
            int got = content.Read(done, buffer);
            done += got;
            return buffer.AsMemory(0, got);
        });
        return done == content.Length
            ? true
            : throw new StorageException(StorageFault.Changed, $"{Root.Join(key)}: its source changed while it was written");
    }

    private (long Bytes, string Hash) ReadBack(string key)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.MD5);
        var buffer = new byte[PieceBytes];
        long done = 0;
        for (int got; (got = Vsi.Read(_folder + key, done, buffer) ?? 0) > 0; done += got)
            hash.AppendData(buffer, 0, got);
        return (done, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>GDAL tells failures as text alone, so any is tried again; what it remembers of the object is forgotten first.</summary>
    private Task<T> Run<T>(string key, Func<T> act, CancellationToken cancellation) =>
        _resilience.RunAsync(
            Root.Join(key),
            inner => Task.Run(
                () =>
                {
                    Vsi.Forget(_folder + key);
                    try
                    {
                        return act();
                    }
                    catch (GdalException e)
                    {
                        throw new StorageException(StorageFault.Unavailable, $"{Root.Join(key)}: {e.Message}", e);
                    }
                },
                inner),
            cancellation);
}
