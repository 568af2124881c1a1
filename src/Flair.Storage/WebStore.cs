using System.Net;
using System.Net.Http.Headers;

namespace Flair.Storage;

/// <summary>A folder of a web server, read only. Servers tell no listing, so objects must be named.</summary>
public sealed class WebStore : IObjectStore
{
    private readonly StorageOptions _options;
    private readonly HttpClient _client;
    private readonly Resilience _resilience;

    /// <summary>The store of a folder.</summary>
    public WebStore(ObjectPath folder, StorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        Root = folder;
        _options = options;
        _client = StorageTransport.ClientFor(options);
        _resilience = new Resilience(options);
    }

    /// <inheritdoc/>
    public ObjectPath Root { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellation = default) =>
        throw new StorageException(StorageFault.Invalid, $"{Root.Join(prefix)}: a web server cannot be listed; name each file");

    /// <inheritdoc/>
    public async Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default)
    {
        var what = Root.Join(key);
        return await _resilience.RunAsync(
            what,
            async outer =>
            {
                // An address may be signed for GET alone, so one byte is asked for instead of the head.
                using var request = Request(what);
                request.Headers.Range = new RangeHeaderValue(0, 0);
                using var answer = await _resilience.WithinStallAsync(inner => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, inner), outer);
                if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
                    return null;
                long bytes = 0;
                if (answer.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    Check(answer);
                    bytes = answer.Content.Headers.ContentRange?.Length ?? (answer.StatusCode == HttpStatusCode.OK ? answer.Content.Headers.ContentLength : null)
                        ?? throw new StorageException(StorageFault.Invalid, $"{what}: its server does not tell its size");
                }

                return new ObjectEntry(key, bytes, answer.Content.Headers.LastModified?.UtcTicks ?? 0, StrongTag(answer));
            },
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default)
    {
        var what = Root.Join(key);
        try
        {
            return await _resilience.ReadAsync(what, offset, buffer, OpenAsync, cancellation);
        }
        catch (StorageException e) when (!e.Message.Contains(what.ToString(), StringComparison.Ordinal))
        {
            throw new StorageException(e.Fault, $"{what}: {e.Message}", e);
        }

        async Task<RangeBody?> OpenAsync(long from, int length, CancellationToken inner)
        {
            using var request = Request(what);
            request.Headers.Range = new RangeHeaderValue(from, from + length - 1);
            if (!string.IsNullOrEmpty(etag))
                request.Headers.TryAddWithoutValidation("If-Match", $"\"{etag}\"");
            var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, inner);
            try
            {
                if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    answer.Dispose();
                    return null;
                }

                Check(answer);

                // Servers that do not know If-Match answer all the same.
                if (!string.IsNullOrEmpty(etag) && StrongTag(answer) is { Length: > 0 } now && now != etag)
                    throw new StorageException(StorageFault.Changed, $"{what}: it changed since it was opened");
                var about = answer.Content.Headers;
                var stream = await answer.Content.ReadAsStreamAsync(inner);
                var length64 = about.ContentLength ?? throw new StorageException(StorageFault.Invalid, $"{what}: its server does not tell the length of an answer");
                return RangeAnswer.Body(stream, length64, about.ContentRange?.ToString(), from, answer);
            }
            catch
            {
                answer.Dispose();
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default) => throw ReadOnly(key);

    /// <inheritdoc/>
    public Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default) => throw ReadOnly(key);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellation = default) => throw ReadOnly(key);

    private static string StrongTag(HttpResponseMessage answer) => answer.Headers.ETag is { IsWeak: false } tag ? tag.Tag.Trim('"') : "";

    private static HttpRequestMessage Request(ObjectPath what) =>
        new(HttpMethod.Get, new Uri(what.Query is { Length: > 0 } query ? $"{what}?{query}" : what.ToString()));

    private StorageException ReadOnly(string key) => new(StorageFault.Invalid, $"{Root.Join(key)}: a web server is only read from");

    private void Check(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode)
            return;
        var wait = answer.Headers.TryGetValues("Retry-After", out var values) ? Faults.ParseRetryAfter(values.FirstOrDefault(), _options.Time) : null;
        throw new WebFaultException((int)answer.StatusCode, answer.ReasonPhrase, wait);
    }
}
