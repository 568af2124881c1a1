using System.Diagnostics;

namespace Flair.Inference;

/// <summary>
/// Bounds the logits that a run's workers have in memory: those of a window are twenty times its pixels, and where stitching or a disk is slow for a moment, each worker would
/// finish a batch, and another. Who finds no room waits for it, but not for ever: the blocks that logits pass through bound them too.
/// </summary>
/// <param name="batches">How many batches of logits, 1 or more.</param>
/// <param name="patience">How long a worker waits for room.</param>
internal sealed class LogitsRoom(int batches, TimeSpan patience)
{
    private readonly object _gate = new();
    private int _free = batches;

    /// <summary>For as many batches as <see cref="InferenceBlock"/> holds of workers that have one in hand.</summary>
    /// <param name="workers">How many workers, 1 or more.</param>
    public static LogitsRoom For(int workers) => new(InferenceBlock.CapacityOf(workers), TimeSpan.FromSeconds(5));

    /// <summary>Waits for room for a batch.</summary>
    /// <returns>Gives the room back when it is disposed of, with the logits.</returns>
    public LogitsPlace Take()
    {
        var start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (_free == 0)
            {
                var left = patience - Stopwatch.GetElapsedTime(start);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                    return new LogitsPlace(null, Stopwatch.GetTimestamp() - start);
            }

            _free--;
            return new LogitsPlace(GiveBack, Stopwatch.GetTimestamp() - start);
        }
    }

    private void GiveBack()
    {
        lock (_gate)
        {
            _free++;
            Monitor.Pulse(_gate);
        }
    }
}

/// <summary>Room for a batch of logits.</summary>
/// <param name="giveBack">Gives it back; null where there was none.</param>
/// <param name="waited">See <see cref="Waited"/>.</param>
internal sealed class LogitsPlace(Action? giveBack, long waited) : IDisposable
{
    private Action? _giveBack = giveBack;

    /// <summary>How long the worker waited for it, in ticks of the stopwatch.</summary>
    public long Waited { get; } = waited;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
