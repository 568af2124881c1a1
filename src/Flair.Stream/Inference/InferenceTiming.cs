using System.Diagnostics;

namespace Flair.Inference;

/// <summary>Times the networks alone, all workers at once as in a run.</summary>
public static class InferenceTiming
{
    /// <summary>Seconds a window, a window of zeros being as much work as any.</summary>
    /// <param name="inference">The workers; nobody else may use them meanwhile.</param>
    /// <param name="windowBytes">Bytes of a window.</param>
    /// <param name="atLeast">How long to measure; the first batch of each worker comes before that.</param>
    public static double SecondsPerWindow(InferenceWorkers inference, int windowBytes, TimeSpan atLeast)
    {
        ArgumentNullException.ThrowIfNull(inference);
        var pixels = new byte[windowBytes];
        Task.WaitAll(inference.Workers.Select(worker => worker.Thread.RunAsync(() => Batch(worker.Network))));

        var start = Stopwatch.GetTimestamp();
        var windows = inference.Workers.Select(worker => worker.Thread.RunAsync(() =>
        {
            var done = 0;
            do
            {
                done += Batch(worker.Network);
            }
            while (Stopwatch.GetElapsedTime(start) < atLeast);
            // Workers end at different times: each is counted with its own.
            return done / Stopwatch.GetElapsedTime(start).TotalSeconds;
        })).ToArray();
        return 1 / Task.WhenAll(windows).GetAwaiter().GetResult().Sum();

        int Batch(IWindowNetwork network)
        {
            network.Forward([.. Enumerable.Repeat(new ReadOnlyMemory<byte>(pixels), network.BatchSize)]).Dispose();
            return network.BatchSize;
        }
    }
}
