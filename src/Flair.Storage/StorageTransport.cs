using System.Runtime.CompilerServices;

namespace Flair.Storage;

/// <summary>
/// The lowest step of every request: counts it, and turns what breaks a body into a <see cref="BrokenBodyException"/>, so that no
/// library above repeats a part of it on its own, without a pause and uncounted.
/// </summary>
internal sealed class StorageTransport(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly Lazy<HttpClient> Usual = new(() => Client(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = 32,
        UseCookies = false,
    }));

    private static readonly ConditionalWeakTable<StorageOptions, HttpClient> Clients = [];

    /// <summary>The client of these options, without time limits of its own. It lives as long as they do.</summary>
    public static HttpClient ClientFor(StorageOptions options) =>
        options.Transport is { } make ? Clients.GetValue(options, _ => Client(make())) : Usual.Value;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        StorageTraffic.Request(request.Content?.Headers.ContentLength ?? 0);
        var response = await base.SendAsync(request, cancellationToken);
        var body = response.Content;
        var guarded = new StreamContent(new GuardedBody(await body.ReadAsStreamAsync(cancellationToken)));
        foreach (var (name, values) in body.Headers.NonValidated)
            guarded.Headers.TryAddWithoutValidation(name, values);
        response.Content = guarded;
        return response;
    }

    private static HttpClient Client(HttpMessageHandler handler) => new(new StorageTransport(handler)) { Timeout = Timeout.InfiniteTimeSpan };

    private sealed class GuardedBody(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                int got = await inner.ReadAsync(buffer, cancellationToken);
                StorageTraffic.Receive(got);
                return got;
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw new BrokenBodyException(e.Message, e);
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count)
        {
            try
            {
                int got = inner.Read(buffer, offset, count);
                StorageTraffic.Receive(got);
                return got;
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw new BrokenBodyException(e.Message, e);
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>A body that ended before its time. Not an <see cref="IOException"/>, see <see cref="StorageTransport"/>.</summary>
internal sealed class BrokenBodyException : Exception
{
    public BrokenBodyException(string message)
        : base(message)
    {
    }

    public BrokenBodyException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>Nothing came for longer than is waited for.</summary>
internal sealed class StalledException(TimeSpan waited) : Exception($"no answer for {waited.TotalSeconds:0.#} s");

/// <summary>An answer of a web server that is no success.</summary>
internal sealed class WebFaultException(int status, string? reason, TimeSpan? retryAfter) : Exception($"HTTP {status}{(string.IsNullOrEmpty(reason) ? "" : " " + reason)}")
{
    public int Status => status;

    public TimeSpan? RetryAfter => retryAfter;
}
