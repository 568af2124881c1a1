using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using Flair.Batching;
using Flair.Models;
using Flair.Running;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Inference;

/// <summary>A batch that has been through the network.</summary>
/// <param name="Unit">Its unit.</param>
/// <param name="Windows">Its windows.</param>
/// <param name="Logits">[batch size, classes, size, size] in single precision on the inference device; null in the message that ends a unit.</param>
public sealed record BatchLogits(UnitState Unit, IReadOnlyList<(Placement Placement, WindowRecord Record)> Windows, Tensor? Logits) : IDisposable
{
    /// <summary>Frees the tensor.</summary>
    public void Dispose() => Logits?.Dispose();
}

/// <summary>
/// batches → logits. One consumer a device: each network is used by one batch at a time.
/// Bounded: a batch a device inside and one that waits. Ordered: logits leave in the order of the batches, whichever device was faster.
/// </summary>
public static class InferenceBlock
{
    /// <summary>Makes the block.</summary>
    /// <param name="networks">One a device.</param>
    /// <param name="thread">The thread that runs them.</param>
    /// <param name="tally">Counts the windows.</param>
    /// <param name="counters">Counts the batches.</param>
    /// <param name="cancellation">Stops it between two batches.</param>
    public static TransformBlock<WindowBatch, BatchLogits> Create(
        IReadOnlyList<INetwork> networks, DeviceThread thread, RunTally tally, BlockCounters counters, CancellationToken cancellation)
    {
        var idle = new ConcurrentBag<INetwork>(networks);
        return new TransformBlock<WindowBatch, BatchLogits>(
            batch =>
            {
                using (batch)
                {
                    if (batch.Input is null)
                        return new BatchLogits(batch.Unit, batch.Windows, null);
                    if (!idle.TryTake(out var network))
                        throw new InvalidOperationException("more batches than devices");
                    try
                    {
                        var (logits, seconds) = thread.Run(() =>
                        {
                            using var busy = counters.Enter();
                            var start = Stopwatch.GetTimestamp();
                            return (network.Forward(batch.Input), Stopwatch.GetElapsedTime(start).TotalSeconds);
                        });
                        foreach (var (_, record) in batch.Windows)
                            record.Seconds = seconds / batch.Windows.Count;
                        counters.Add(batch.Windows.Count, 0);
                        tally.WindowsThroughNetwork(batch.Windows.Count);
                        return new BatchLogits(batch.Unit, batch.Windows, logits);
                    }
                    finally
                    {
                        idle.Add(network);
                    }
                }
            },
            new ExecutionDataflowBlockOptions
            {
                BoundedCapacity = networks.Count + 1,
                MaxDegreeOfParallelism = networks.Count,
                EnsureOrdered = true,
                CancellationToken = cancellation,
            });
    }
}
