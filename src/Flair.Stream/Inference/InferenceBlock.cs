using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using Flair.Batching;
using Flair.Running;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Inference;

/// <summary>A batch that has been through the network.</summary>
/// <param name="Unit">Its unit.</param>
/// <param name="Windows">Its windows.</param>
/// <param name="Logits">[batch size, classes, rows, columns] of <paramref name="Kept"/> in single precision on the inference device; null in the message that ends a unit.</param>
/// <param name="Kept">The part of a window that the logits are of.</param>
public sealed record BatchLogits(UnitState Unit, IReadOnlyList<Placement> Windows, Tensor? Logits, PixelRect Kept) : IDisposable
{
    /// <summary>Frees the tensor.</summary>
    public void Dispose() => Logits?.Dispose();
}

/// <summary>
/// batches → logits. One batch a worker at a time.
/// Bounded: a batch a worker inside, and as many that wait. Ordered: logits leave in the order of the batches, whichever worker was faster.
/// </summary>
public static class InferenceBlock
{
    /// <summary>Makes the block.</summary>
    /// <param name="workers">Networks and their threads.</param>
    /// <param name="tally">Counts the windows.</param>
    /// <param name="counters">Counts the batches.</param>
    /// <param name="cancellation">Stops it between two batches.</param>
    public static TransformBlock<WindowBatch, BatchLogits> Create(
        IReadOnlyList<InferenceWorker> workers, RunTally tally, BlockCounters counters, CancellationToken cancellation)
    {
        var idle = new ConcurrentQueue<InferenceWorker>(workers);
        return new TransformBlock<WindowBatch, BatchLogits>(
            async batch =>
            {
                using (batch)
                {
                    if (batch.EndOfUnit)
                        return new BatchLogits(batch.Unit, [], null, default);
                    if (!idle.TryDequeue(out var worker))
                        throw new InvalidOperationException("more batches than workers");
                    try
                    {
                        var (logits, seconds) = await worker.Thread.RunAsync(() =>
                        {
                            using var busy = counters.Enter();
                            var start = Stopwatch.GetTimestamp();
                            return (worker.Network.Forward([.. batch.Windows.Select(window => window.Memory)]), Stopwatch.GetElapsedTime(start).TotalSeconds);
                        }).ConfigureAwait(false);
                        foreach (var window in batch.Windows)
                            window.Record!.Seconds = seconds / batch.Windows.Count;
                        counters.Add(batch.Windows.Count, 0);
                        tally.WindowsThroughNetwork(batch.Windows.Count);
                        return new BatchLogits(batch.Unit, [.. batch.Windows.Select(window => window.Placement!)], logits, worker.Network.Kept);
                    }
                    finally
                    {
                        idle.Enqueue(worker);
                    }
                }
            },
            new ExecutionDataflowBlockOptions
            {
                BoundedCapacity = 2 * workers.Count,
                MaxDegreeOfParallelism = workers.Count,
                EnsureOrdered = true,
                CancellationToken = cancellation,
            });
    }
}
