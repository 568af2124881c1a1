using System.Collections.Concurrent;
using Flair.Storage.Tests.Faults;

namespace Flair.Tests.Simulation;

/// <summary>Marks each request with its run, and ends the time limit of one that hangs.</summary>
/// <param name="run">The run; empty for the reading of inputs.</param>
internal sealed class SimulatedTransport(string run) : DelegatingHandler(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseCookies = false })
{
    private static readonly ConcurrentDictionary<long, Call> s_calls = new();
    private static long s_count;

    /// <summary>The run's name in a mark, and the call.</summary>
    public static (string Run, long Call) Parse(string mark)
    {
        int cut = mark.LastIndexOf(';');
        return (mark[..cut], long.Parse(mark.AsSpan(cut + 1), System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Tells what the proxy is about to do with a call.</summary>
    public static void Announce(long call, Fault fault)
    {
        if (!s_calls.TryGetValue(call, out var known))
            return;
        if (fault == Fault.Hang)
            known.Limit?.End();
        known.HangsInBody = fault == Fault.HangInBody;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        long number = Interlocked.Increment(ref s_count);
        var call = new Call { Limit = SimulatedClock.Innermost };
        s_calls[number] = call;
        try
        {
            request.Headers.Remove(SeenRequest.MarkHeader);
            request.Headers.Add(SeenRequest.MarkHeader, $"{run};{number}");
            var response = await base.SendAsync(request, cancellationToken);
            if (call.HangsInBody && response.Content.Headers.ContentLength is > 1 and var length)
            {
                var content = new StreamContent(new HangingBody(await response.Content.ReadAsStreamAsync(cancellationToken), length / 2));
                foreach (var (name, values) in response.Content.Headers.NonValidated)
                    content.Headers.TryAddWithoutValidation(name, values);
                response.Content = content;
            }

            return response;
        }
        finally
        {
            s_calls.TryRemove(number, out _);
        }
    }

    private sealed class Call
    {
        public SimulatedClock.Limit? Limit { get; init; }

        public volatile bool HangsInBody;
    }

    /// <summary>A body that stops; the time limit of whoever waits for more is over then.</summary>
    private sealed class HangingBody(Stream inner, long comes) : Stream
    {
        private long _got;

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
            if (_got >= comes)
            {
                SimulatedClock.Innermost?.End();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            int got = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, comes - _got)], cancellationToken);
            _got += got;
            return got;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

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
