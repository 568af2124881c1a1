using System.Buffers;
using Polly;
using Polly.CircuitBreaker;
using Polly.Hedging;
using Polly.Retry;
using Polly.Timeout;

namespace Flair.Storage;

/// <summary>
/// How the requests to one storage are made: repeated with growing, jittered pauses that honour <c>Retry-After</c>; stopped for a while
/// when nearly all fail; limited in time; ranged reads asked a second time when the first is slow, and gone on with where they broke.
/// </summary>
internal sealed class Resilience
{
    /// <summary>A body is taken in pieces of this size; each must come within <see cref="StorageOptions.StallTimeout"/>.</summary>
    public const int PieceBytes = 64 << 10;

    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(2);

    private readonly StorageOptions _options;
    private readonly ResiliencePipeline _repeat;
    private readonly ResiliencePipeline _timeout;
    private readonly ResiliencePipeline<RangePiece> _range;
    private readonly Random _random;
    private readonly Lock _gate = new();

    public Resilience(StorageOptions options)
    {
        _options = options;
        _random = options.Seed is { } seed ? new Random(seed) : new Random();
        var repeat = new ResiliencePipelineBuilder { TimeProvider = options.Time };
        if (options.Attempts > 1)
        {
            repeat.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.Attempts - 1,
                ShouldHandle = arguments => ValueTask.FromResult(Repeats(arguments.Outcome.Exception, arguments.Context)),
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(Delay(arguments.AttemptNumber, arguments.Outcome.Exception)),
                OnRetry = _ =>
                {
                    StorageTraffic.Repeat();
                    return ValueTask.CompletedTask;
                },
            });
        }

        _repeat = repeat.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.9,
            MinimumThroughput = 20,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = options.BreakFor,
            ShouldHandle = arguments => ValueTask.FromResult(Repeats(arguments.Outcome.Exception, arguments.Context)),
        }).Build();
        _timeout = new ResiliencePipelineBuilder { TimeProvider = options.Time }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout })
            .Build();

        // What fails is repeated above, after a pause; only what is slow is asked twice.
        _range = new ResiliencePipelineBuilder<RangePiece> { TimeProvider = options.Time }
            .AddHedging(new HedgingStrategyOptions<RangePiece>
            {
                MaxHedgedAttempts = 1,
                Delay = options.HedgeAfter,
                ShouldHandle = _ => ValueTask.FromResult(false),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout })
            .Build();
    }

    /// <summary>Reads a range from <paramref name="offset"/> into memory of which the attempt is to fill as much as comes; see <see cref="ReadAsync"/>.</summary>
    /// <returns>The body, from the first byte asked for on; null where the object ends before.</returns>
    public delegate Task<RangeBody?> OpenRange(long offset, int length, CancellationToken cancellation);

    /// <summary>Makes a request until it succeeds, fails for good, or was tried often enough.</summary>
    /// <exception cref="StorageException">It failed.</exception>
    public async Task<T> RunAsync<T>(ObjectPath what, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellation)
    {
        int attempts = 0;
        try
        {
            return await _repeat.ExecuteAsync(
                async outer => await _timeout.ExecuteAsync(
                    async inner =>
                    {
                        attempts++;
                        return await attempt(inner);
                    },
                    outer),
                cancellation);
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested && fault is not StorageException)
        {
            throw Faults.Describe(what, fault, attempts);
        }
    }

    /// <summary>Fills a buffer from an object, whatever breaks on the way; less only at the object's end.</summary>
    /// <exception cref="StorageException">It failed.</exception>
    public async Task<int> ReadAsync(ObjectPath what, long offset, Memory<byte> buffer, OpenRange open, CancellationToken cancellation)
    {
        int done = 0, attempts = 0;
        try
        {
            await _repeat.ExecuteAsync(
                async outer =>
                {
                    while (done < buffer.Length)
                    {
                        attempts++;
                        using var piece = await _range.ExecuteAsync(async inner => await FetchAsync(open, offset + done, buffer.Length - done, inner), outer);
                        piece.Bytes.CopyTo(buffer[done..]);
                        done += piece.Bytes.Length;
                        if (piece.Fault is not null)
                            throw piece.Fault;
                        if (piece.Bytes.Length == 0 || piece.AtEnd)
                            break;
                    }
                },
                cancellation);
            return done;
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested && fault is not StorageException)
        {
            throw Faults.Describe(what, fault, attempts);
        }
    }

    /// <summary>Waits for something, but not longer than <see cref="StorageOptions.StallTimeout"/>.</summary>
    public async Task<T> WithinStallAsync<T>(Func<CancellationToken, Task<T>> act, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(_options.StallTimeout, _options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await act(both.Token);
        }
        catch (Exception) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new StalledException(_options.StallTimeout);
        }
    }

    private async Task<RangePiece> FetchAsync(OpenRange open, long offset, int length, CancellationToken cancellation)
    {
        using var body = await WithinStallAsync(token => open(offset, length, token), cancellation);
        if (body is null)
            return new RangePiece([], 0, atEnd: true, fault: null);
        int want = (int)Math.Min(length, body.Length);
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, want));
        int got = 0;
        try
        {
            while (got < want)
            {
                int from = got;
                int read = await WithinStallAsync(token => body.Stream.ReadAsync(bytes.AsMemory(from, Math.Min(PieceBytes, want - from)), token).AsTask(), cancellation);
                if (read == 0)
                    throw new BrokenBodyException($"the body ended after {got} of {want} bytes");
                got += read;
            }

            if (!body.Matches(bytes.AsSpan(0, got)))
            {
                got = 0;
                throw new BrokenBodyException("the body is not what was sent (its MD5 differs)");
            }
        }
        catch (Exception fault) when (got > 0 && !cancellation.IsCancellationRequested && Faults.IsTransient(fault))
        {
            return new RangePiece(bytes, got, atEnd: false, fault);
        }
        catch
        {
            // The stream may still write into it where a stalled read does not stop at once: left to the collector.
            throw;
        }

        return new RangePiece(bytes, got, atEnd: body.AtEnd, fault: null);
    }

    /// <summary>What its caller cancelled is not repeated.</summary>
    private static bool Repeats(Exception? fault, ResilienceContext context) =>
        fault is not null && !context.CancellationToken.IsCancellationRequested && Faults.IsTransient(fault);

    /// <summary>Between half and all of 2^attempt times the first delay, or what the storage asked for if that is longer.</summary>
    private TimeSpan Delay(int attempt, Exception? fault)
    {
        double share;
        lock (_gate)
            share = 0.5 + (_random.NextDouble() / 2);
        var longest = Math.Min(_options.LongestDelay.TotalSeconds, _options.FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)));
        var delay = TimeSpan.FromSeconds(longest * share);
        if (Faults.RetryAfter(fault, _options.Time) is not { } asked)
            return delay;
        asked = asked < LongestRetryAfter ? asked : LongestRetryAfter;
        return asked > delay ? asked : delay;
    }
}

/// <summary>The body of an answer to a ranged request.</summary>
/// <param name="stream">Its bytes.</param>
/// <param name="length">How many it announced.</param>
/// <param name="atEnd">True when the object ends with them.</param>
/// <param name="owner">What must be disposed of with it.</param>
/// <param name="hash">MD5 of all its bytes; null where it is not known.</param>
internal sealed class RangeBody(Stream stream, long length, bool atEnd, IDisposable owner, byte[]? hash = null) : IDisposable
{
    public Stream Stream => stream;

    public long Length => length;

    public bool AtEnd => atEnd;

    /// <summary>False for bytes that are all of the body and not those that the storage sent.</summary>
    public bool Matches(ReadOnlySpan<byte> bytes)
    {
#pragma warning disable CA5351 // Content-MD5 is what the service tells
        return hash is null || bytes.Length != length || System.Security.Cryptography.MD5.HashData(bytes).AsSpan().SequenceEqual(hash);
#pragma warning restore CA5351
    }

    public void Dispose() => owner.Dispose();
}

/// <summary>What one attempt brought, and what ended it early.</summary>
internal sealed class RangePiece(byte[] buffer, int length, bool atEnd, Exception? fault) : IDisposable
{
    private byte[]? _buffer = buffer;

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, length);

    public bool AtEnd => atEnd;

    public Exception? Fault => fault;

    public void Dispose()
    {
        // After a fault the stream may still hold it.
        if (fault is null && Interlocked.Exchange(ref _buffer, null) is { Length: > 0 } rented)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
