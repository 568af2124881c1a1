using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Flair.Storage;

/// <summary>
/// A folder in a container of Azure Blob Storage. An object is staged in blocks that nobody sees, each checked by the service against
/// its MD5, and appears by one request that commits them, on condition that there is none (create). Each write carries a random number,
/// which tells an answer that got lost from another writer who was faster.
/// </summary>
public sealed class AzureStore : IObjectStore
{
    /// <summary>The metadata under which a blob holds the number of its write.</summary>
    internal const string WriteKey = "flairwrite";

    private const int BlockBytes = 8 << 20;
    private const int MostRounds = 4;

    /// <summary>The longest range of which the service tells the MD5.</summary>
    private const int HashedRangeBytes = 4 << 20;

    // Checked in Resilience: the library would hold the whole range before the first byte is seen.
    private static readonly DownloadTransferValidationOptions RangeHash = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5, AutoValidateChecksum = false };

    /// <summary>Codes of a 409 or 412 that say what no waiting changes.</summary>
    private static readonly FrozenSet<string> LastingRefusals = FrozenSet.ToFrozenSet(
        ["BlobArchived", "BlobBeingRehydrated", "BlobImmutableDueToPolicy", "FeatureVersionMismatch", "InvalidBlobType", "LeaseIdMissing"], StringComparer.Ordinal);

    private readonly BlobContainerClient _container;
    private readonly Resilience _resilience;
    private readonly string _prefix;

    /// <summary>The store of a folder.</summary>
    /// <exception cref="StorageException">There are no credentials that make sense.</exception>
    public AzureStore(ObjectPath folder, StorageOptions options)
        : this(folder, folder, options)
    {
    }

    /// <param name="folder">The folder.</param>
    /// <param name="signed">The place whose signature is used, where it has one.</param>
    /// <param name="options">See <see cref="StorageOptions"/>.</param>
    internal AzureStore(ObjectPath folder, ObjectPath signed, StorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        Root = folder;
        _prefix = folder.Key.Length == 0 ? "" : folder.Key + "/";
        _container = AzureAccess.Open(signed, options);
        _resilience = new Resilience(options);
    }

    /// <inheritdoc/>
    public ObjectPath Root { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        string? next = null;
        do
        {
            // A page at a time, each with its own retries: an enumerator that failed cannot go on.
            var token = next;
            var page = await _resilience.RunAsync(
                Root.Join(prefix),
                outer => _resilience.WithinStallAsync(
                    async inner =>
                    {
                        var pages = _container.GetBlobsAsync(prefix: _prefix + prefix, cancellationToken: inner).AsPages(token);
                        await using var each = pages.GetAsyncEnumerator(inner);
                        return await Answered(each.MoveNextAsync().AsTask()) ? each.Current : null;
                    },
                    outer),
                cancellation);
            foreach (var blob in page?.Values ?? [])
            {
                // Accounts with hierarchical names list folders as empty blobs.
                if (blob.Metadata?.ContainsKey("hdi_isfolder") == true)
                    continue;
                var about = blob.Properties;
                yield return new ObjectEntry(blob.Name[_prefix.Length..], about.ContentLength ?? 0, about.LastModified?.UtcTicks ?? 0, Bare(about.ETag)) { Hash = Hexadecimal(about.ContentHash) };
            }

            next = page?.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(next));
    }

    /// <inheritdoc/>
    public async Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default) =>
        await PropertiesAsync(key, cancellation) is { } about ? new ObjectEntry(key, about.ContentLength, about.LastModified.UtcTicks, Bare(about.ETag)) { Hash = Hexadecimal(about.ContentHash) } : null;

    /// <inheritdoc/>
    public Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default)
    {
        var blob = Blob(key);
        var conditions = string.IsNullOrEmpty(etag) ? null : new BlobRequestConditions { IfMatch = new ETag(etag) };
        return _resilience.ReadAsync(Root.Join(key), offset, buffer, OpenAsync, cancellation);

        async Task<RangeBody?> OpenAsync(long from, int length, CancellationToken inner)
        {
            try
            {
                var asked = new BlobDownloadOptions { Range = new HttpRange(from, Math.Min(length, HashedRangeBytes)), Conditions = conditions, TransferValidation = RangeHash };
                var answer = (await Answered(blob.DownloadStreamingAsync(asked, inner), conditional: conditions is not null)).Value;
                return RangeAnswer.Body(answer.Content, answer.Details.ContentLength, answer.Details.ContentRange, from, answer, answer.Details.ContentHash);
            }
            catch (RequestFailedException e) when (e.Status == 416)
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default) =>
        await PropertiesAsync(key, cancellation) is null && await WriteAsync(key, content, replace: false, cancellation);

    /// <inheritdoc/>
    public Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default) => WriteAsync(key, content, replace: true, cancellation);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellation = default) => DeleteAsync(key, null, cancellation);

    /// <inheritdoc/>
    public Task DeleteAsync(ObjectEntry entry, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return DeleteAsync(entry.Key, new ETag(entry.ETag), cancellation);
    }

    private static string Hexadecimal(byte[]? hash) => hash is null ? "" : Convert.ToHexStringLower(hash);

    private static string Bare(ETag? etag) => etag?.ToString().Trim('"') ?? "";

    /// <summary>
    /// The answer to a request other than the commit. Each may be made any number of times, so that a conflict (409), or a condition that
    /// failed (412) where none was set, is no last word: somebody in between or a service that is busy with the same blob says so too.
    /// </summary>
    private static async Task<T> Answered<T>(Task<T> request, bool conditional = false)
    {
        try
        {
            return await request;
        }
        catch (RequestFailedException e) when ((e.Status == 409 || (e.Status == 412 && !conditional)) && !LastingRefusals.Contains(e.ErrorCode ?? ""))
        {
            throw new RefusedException(e);
        }
    }

    private BlockBlobClient Blob(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _container.GetBlockBlobClient(_prefix + key);
    }

    private async Task<bool> WriteAsync(string key, ObjectContent content, bool replace, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(content);
        var what = Root.Join(key);
        var whole = ContentHash.BytesOf(content);
        var write = Guid.NewGuid().ToString("N");
        for (int round = 0; round < MostRounds; round++)
        {
            var blocks = await StageAsync(key, content, write, round, cancellation);
            var options = new CommitBlockListOptions
            {
                HttpHeaders = new BlobHttpHeaders { ContentHash = whole, ContentType = "application/octet-stream" },
                Metadata = new Dictionary<string, string> { [WriteKey] = write },
                Conditions = replace ? null : new BlobRequestConditions { IfNoneMatch = ETag.All },
            };
            bool committed;
            try
            {
                committed = await _resilience.RunAsync(
                    what,
                    async outer =>
                    {
                        await _resilience.WithinStallAsync(inner => Blob(key).CommitBlockListAsync(blocks, options, inner), outer);
                        return true;
                    },
                    cancellation);
            }
            catch (StorageException e) when (e.InnerException is RequestFailedException { Status: 409 or 412 or 400 } refused)
            {
                // There is one (409, 412), or another commit threw our blocks away (400 InvalidBlockList); or it is ours, and the answer got lost.
                if (refused.Status == 400 && refused.ErrorCode != "InvalidBlockList")
                    throw;
                committed = false;
            }

            var about = await PropertiesAsync(key, cancellation);
            if (about is not null && about.Metadata.TryGetValue(WriteKey, out var by) && by == write)
            {
                if (about.ContentLength == content.Length && about.ContentHash is { } hash && hash.AsSpan().SequenceEqual(whole))
                    return true;
                await DeleteAsync(key, about.ETag, cancellation);
                throw new StorageException(StorageFault.Corrupt, $"{what}: what was written does not read back ({about.ContentLength} bytes where {content.Length} were sent); it was removed");
            }

            // Ours was there, and another came after it.
            if (committed && about is not null)
                return true;
            if (about is not null && !replace)
                return false;
        }

        throw new StorageException(StorageFault.Unavailable, $"{what}: others write or remove it all the time");
    }

    /// <summary>Blocks of several writers share one list, so each name holds the write's number.</summary>
    private async Task<List<string>> StageAsync(string key, ObjectContent content, string write, int round, CancellationToken cancellation)
    {
        List<string> names = [];
        var buffer = new byte[(int)Math.Clamp(content.Length, 1, BlockBytes)];
        for (long done = 0; done < content.Length;)
        {
            int length = content.Read(done, buffer.AsSpan(0, (int)Math.Min(buffer.Length, content.Length - done)));
            if (length == 0)
                throw new StorageException(StorageFault.Changed, $"{Root.Join(key)}: its source became shorter while it was written");
            var name = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{write}-{round}-{names.Count:d6}"));
#pragma warning disable CA5351 // Content-MD5 is what the service verifies
            var hash = System.Security.Cryptography.MD5.HashData(buffer.AsSpan(0, length));
#pragma warning restore CA5351
            await _resilience.RunAsync(
                Root.Join(key),
                async inner =>
                {
                    using var body = new MemoryStream(buffer, 0, length, writable: false);
                    await Answered(Blob(key).StageBlockAsync(name, body, hash, null, null, inner));
                    return true;
                },
                cancellation);
            names.Add(name);
            done += length;
        }

        return names;
    }

    private async Task<BlobProperties?> PropertiesAsync(string key, CancellationToken cancellation)
    {
        var blob = Blob(key);
        return await _resilience.RunAsync(
            Root.Join(key),
            async outer =>
            {
                try
                {
                    return (await _resilience.WithinStallAsync(inner => Answered(blob.GetPropertiesAsync(cancellationToken: inner)), outer)).Value;
                }
                catch (RequestFailedException e) when (e.Status == 404)
                {
                    return null;
                }
            },
            cancellation);
    }

    private async Task DeleteAsync(string key, ETag? only, CancellationToken cancellation)
    {
        var blob = Blob(key);
        await _resilience.RunAsync(
            Root.Join(key),
            async outer =>
            {
                try
                {
                    var conditions = only is null ? null : new BlobRequestConditions { IfMatch = only };
                    await _resilience.WithinStallAsync(inner => Answered(blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, inner), conditional: only is not null), outer);
                }
                catch (RequestFailedException e) when (e.Status == 404 || (only is not null && e.Status == 412))
                {
                    // Gone already, perhaps by a request whose answer was lost.
                }

                return true;
            },
            cancellation);
    }
}
