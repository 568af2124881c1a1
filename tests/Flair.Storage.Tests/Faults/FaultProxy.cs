using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Flair.Storage.Tests.Faults;

/// <summary>What goes wrong with a request.</summary>
public enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>503 ServerBusy, with <c>Retry-After: 0</c>; the storage never sees the request.</summary>
    Busy,

    /// <summary>503 without a <c>Retry-After</c>.</summary>
    Unavailable,

    /// <summary>503 with a <c>Retry-After</c> of a second.</summary>
    BusyLater,

    /// <summary>429.</summary>
    TooMany,

    /// <summary>500.</summary>
    Error,

    /// <summary>409, without a code.</summary>
    Conflict,

    /// <summary>412, without a code.</summary>
    Precondition,

    /// <summary>The connection is reset before the request is answered.</summary>
    Reset,

    /// <summary>The connection is reset within the body of the answer.</summary>
    ResetInBody,

    /// <summary>The body of the answer ends early, under the right Content-Length.</summary>
    Cut,

    /// <summary>Nothing comes any more, until the client hangs up.</summary>
    Hang,

    /// <summary>The answer's head and half of its body come, then nothing any more.</summary>
    HangInBody,

    /// <summary>The storage does what it was asked for; its answer is lost by a reset.</summary>
    LostReply,

    /// <summary>The answer comes late.</summary>
    Slow,

    /// <summary>The body of the answer has another first byte.</summary>
    Flip,
}

/// <summary>A request as the proxy saw it.</summary>
/// <param name="Number">From 0, in the order of arrival.</param>
/// <param name="Method">GET, PUT, ….</param>
/// <param name="Target">Path and query.</param>
/// <param name="Range">The header <c>x-ms-range</c> or <c>Range</c>; null where there is none.</param>
/// <param name="Fault">What was made of it.</param>
public sealed record SeenRequest(int Number, string Method, string Target, string? Range, Fault Fault)
{
    /// <summary>The header by which a test marks its requests.</summary>
    public const string MarkHeader = "x-flair-mark";

    /// <summary>The mark of this request; null for none.</summary>
    public string? Mark { get; init; }
}

/// <summary>
/// An HTTP/1.1 proxy in front of one server of this machine that lets things go wrong as it is told. Bodies have a Content-Length or are
/// chunked. Each connection serves one request at a time, and any number of them in turn.
/// </summary>
public sealed class FaultProxy : IDisposable
{
    private const int MostHead = 64 << 10;

    private readonly int _target;
    private readonly Func<SeenRequest, Fault> _decide;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<SeenRequest> _seen = [];
    private int _count;

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    /// <param name="target">The port of the server behind.</param>
    /// <param name="decide">Says what goes wrong with a request (whose own Fault is None); called on any thread.</param>
    public FaultProxy(int target, Func<SeenRequest, Fault> decide)
    {
        _target = target;
        _decide = decide;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>How long <see cref="Fault.Slow"/> takes.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Called when the storage has done what it was asked for and its answer is about to be lost (<see cref="Fault.LostReply"/>).</summary>
    public Action<SeenRequest>? Lost { get; init; }

    /// <summary>False to keep no list of the requests.</summary>
    public bool Keeps { get; init; } = true;

    /// <summary>The requests so far.</summary>
    public IReadOnlyList<SeenRequest> Seen => [.. _seen];

    /// <summary>
    /// Decides by a seed: a request's fault is a function of the seed, of its method and target and of how often that was asked, so that
    /// it does not depend on the order in which requests of several threads arrive.
    /// </summary>
    /// <param name="seed">Decides.</param>
    /// <param name="share">Share of requests that fail, 0 to 1.</param>
    /// <param name="faults">What may go wrong, each as often.</param>
    public static Func<SeenRequest, Fault> Seeded(int seed, double share, params Fault[] faults)
    {
        var asked = new ConcurrentDictionary<string, int>();
        return request =>
        {
            // Containers have another name each time.
            var path = request.Target.Split('?')[0].Split('/').Where(part => !part.StartsWith("box", StringComparison.Ordinal));
            var name = $"{request.Method} {string.Join('/', path)} {request.Range}";
            int times = asked.AddOrUpdate(name, 0, (_, before) => before + 1);
            var digest = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {name} {times}"));
            double drawn = BitConverter.ToUInt32(digest) / (double)uint.MaxValue;
            return drawn >= share ? Fault.None : faults[BitConverter.ToUInt32(digest, 4) % (uint)faults.Length];
        };
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private static void Reset(TcpClient client)
    {
        // A linger of zero makes the close a reset.
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    private static async Task<(string Head, byte[] Extra)?> ReadHeadAsync(Stream stream, byte[] before, CancellationToken cancellation)
    {
        var buffer = new byte[MostHead];
        before.CopyTo(buffer, 0);
        for (int length = before.Length; ;)
        {
            int end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
                return (Encoding.Latin1.GetString(buffer, 0, end + 4), buffer[(end + 4)..length]);
            int got = length < MostHead ? await stream.ReadAsync(buffer.AsMemory(length), cancellation) : 0;
            if (got == 0)
                return null;
            length += got;
        }
    }

    private static string? Header(string head, string name)
    {
        foreach (var line in head.Split("\r\n").Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[..colon].Equals(name, StringComparison.OrdinalIgnoreCase))
                return line[(colon + 1)..].Trim();
        }

        return null;
    }

    /// <summary>Copies a body, or only its beginning.</summary>
    /// <returns>What came after it.</returns>
    private static async Task<byte[]> CopyBodyAsync(string head, byte[] rest, Stream from, Stream? to, long most, CancellationToken cancellation, bool flip = false)
    {
        if (Header(head, "Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
            return await CopyChunksAsync(rest, from, to, flip, cancellation);
        long left = long.Parse(Header(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture), sent = 0;
        var buffer = new byte[32 << 10];
        async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            var part = bytes[..(int)Math.Min(bytes.Length, most - sent)];
            if (flip && sent == 0 && part.Length > 0)
            {
                part = part.ToArray();
                System.Runtime.InteropServices.MemoryMarshal.AsMemory(part).Span[0] ^= 1;
            }

            sent += part.Length;
            if (to is not null)
                await to.WriteAsync(part, cancellation);
        }

        int first = (int)Math.Min(rest.Length, left);
        await SendAsync(rest.AsMemory(0, first));
        left -= first;
        while (left > 0 && sent < most)
        {
            int got = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellation);
            if (got == 0)
                throw new IOException("the other end closed within a body");
            await SendAsync(buffer.AsMemory(0, got));
            left -= got;
        }

        return rest[first..];
    }

    private static async Task<byte[]> CopyChunksAsync(byte[] rest, Stream from, Stream? to, bool flip, CancellationToken cancellation)
    {
        var have = new List<byte>(rest);
        var buffer = new byte[32 << 10];
        async Task FillAsync(int count)
        {
            while (have.Count < count)
            {
                int got = await from.ReadAsync(buffer, cancellation);
                if (got == 0)
                    throw new IOException("the other end closed within a chunk");
                have.AddRange(buffer[..got]);
            }
        }

        for (bool last = false; !last;)
        {
            int line;
            while ((line = have.IndexOf((byte)'\n')) < 0)
                await FillAsync(have.Count + 1);
            int size = int.Parse(Encoding.ASCII.GetString([.. have[..line]]).Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            last = size == 0;
            int whole = line + 1 + size + 2;
            await FillAsync(whole);
            if (flip && !last)
            {
                have[line + 1] ^= 1;
                flip = false;
            }

            if (to is not null)
                await to.WriteAsync(have[..whole].ToArray(), cancellation);
            have.RemoveRange(0, whole);
        }

        return [.. have];
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        TcpClient? server = null;
        try
        {
            client.NoDelay = true;
            var near = client.GetStream();
            byte[] rest = [], after = [];
            while (await ReadHeadAsync(near, rest, _end.Token) is { } request)
            {
                var words = request.Head.Split("\r\n")[0].Split(' ');
                var seen = new SeenRequest(Interlocked.Increment(ref _count) - 1, words[0], words[1], Header(request.Head, "x-ms-range") ?? Header(request.Head, "Range"), Fault.None)
                {
                    Mark = Header(request.Head, SeenRequest.MarkHeader),
                };
                seen = seen with { Fault = _decide(seen) };
                if (Keeps)
                    _seen.Enqueue(seen);
                if (seen.Fault is Fault.Reset)
                {
                    Reset(client);
                    return;
                }

                if (seen.Fault is Fault.Hang)
                {
                    // The client hangs up when it is tired of waiting.
                    while (await near.ReadAsync(new byte[4096], _end.Token) > 0)
                    {
                    }

                    return;
                }

                if (seen.Fault is Fault.Busy or Fault.BusyLater or Fault.Unavailable or Fault.TooMany or Fault.Error or Fault.Conflict or Fault.Precondition)
                {
                    rest = await CopyBodyAsync(request.Head, request.Extra, near, null, long.MaxValue, _end.Token);
                    var status = seen.Fault switch
                    {
                        Fault.Busy => "503 Server Busy\r\nRetry-After: 0",
                        Fault.BusyLater => "503 Server Busy\r\nRetry-After: 1",
                        Fault.Unavailable => "503 Service Unavailable",
                        Fault.TooMany => "429 Too Many Requests",
                        Fault.Conflict => "409 Conflict",
                        Fault.Precondition => "412 Precondition Failed",
                        _ => "500 Internal Server Error",
                    };
                    await near.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"), _end.Token);
                    continue;
                }

                if (server is null)
                {
                    server = new TcpClient { NoDelay = true };
                    await server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                    after = [];
                }

                var far = server.GetStream();
                await far.WriteAsync(Encoding.Latin1.GetBytes(request.Head), _end.Token);
                rest = await CopyBodyAsync(request.Head, request.Extra, near, far, long.MaxValue, _end.Token);
                if (await ReadHeadAsync(far, after, _end.Token) is not { } answer)
                {
                    Reset(client);
                    return;
                }

                int status3 = int.Parse(answer.Head.AsSpan(9, 3), CultureInfo.InvariantCulture);
                bool hasBody = seen.Method != "HEAD" && status3 is not (204 or 304);
                long length = hasBody && Header(answer.Head, "Content-Length") is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
                if (seen.Fault == Fault.LostReply)
                {
                    if (hasBody)
                        await CopyBodyAsync(answer.Head, answer.Extra, far, null, long.MaxValue, _end.Token);
                    Lost?.Invoke(seen);
                    Reset(client);
                    return;
                }

                if (seen.Fault == Fault.Slow)
                    await Task.Delay(Delay, _end.Token);
                await near.WriteAsync(Encoding.Latin1.GetBytes(answer.Head), _end.Token);
                if (seen.Fault is Fault.Cut or Fault.ResetInBody or Fault.HangInBody && length > 1)
                {
                    await CopyBodyAsync(answer.Head, answer.Extra, far, near, length / 2, _end.Token);
                    await near.FlushAsync(_end.Token);
                    if (seen.Fault == Fault.ResetInBody)
                    {
                        Reset(client);
                    }
                    else if (seen.Fault == Fault.HangInBody)
                    {
                        while (await near.ReadAsync(new byte[4096], _end.Token) > 0)
                        {
                        }
                    }

                    return;
                }

                after = hasBody ? await CopyBodyAsync(answer.Head, answer.Extra, far, near, long.MaxValue, _end.Token, seen.Fault == Fault.Flip) : answer.Extra;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or FormatException)
        {
            // Connections end as they please.
        }
        finally
        {
            client.Dispose();
            server?.Dispose();
        }
    }
}
