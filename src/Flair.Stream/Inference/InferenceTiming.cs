using System.Diagnostics;
using Flair.Torch;

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
        Task.WaitAll(inference.Workers.Select(worker => worker.Thread.RunAsync(() =>
        {
            using var there = Batch(worker.Network);
            there?.Wait();
            return 0;
        })));

        var start = Stopwatch.GetTimestamp();
        var windows = inference.Workers.Select(worker => worker.Thread.RunAsync(() =>
        {
            var done = 0;
            DeviceEvent? last = null;
            do
            {
                last?.Dispose();
                last = Batch(worker.Network);
                done += worker.Network.BatchSize;
            }
            while (Stopwatch.GetElapsedTime(start) < atLeast);
            using (last)
                last?.Wait();
            // Workers end at different times: each is counted with its own.
            return done / Stopwatch.GetElapsedTime(start).TotalSeconds;
        })).ToArray();
        return 1 / Task.WhenAll(windows).GetAwaiter().GetResult().Sum();

        DeviceEvent? Batch(IWindowNetwork network)
        {
            using var logits = network.Forward([.. Enumerable.Repeat(new ReadOnlyMemory<byte>(pixels), network.BatchSize)]);
            return logits.AfterThem();
        }
    }
}
