using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using Flair.Batching;
using Flair.Kernels;
using Flair.Running;
using Flair.Telemetry;
using Flair.Windowing;

namespace Flair.Inference;

/// <summary>A batch that has been through the network.</summary>
/// <param name="Unit">Its unit.</param>
/// <param name="Windows">Its windows.</param>
/// <param name="Logits">Those of <paramref name="Kept"/>, on the inference device; null in the message that ends a unit.</param>
/// <param name="Kept">The part of a window that the logits are of.</param>
public sealed record BatchLogits(UnitState Unit, IReadOnlyList<Placement> Windows, WindowLogits? Logits, PixelRect Kept) : IDisposable
{
    /// <summary>Windows before these whose logits are there already (<see cref="UnitState.FromBefore"/>), in lattice order.</summary>
    public IReadOnlyList<Placement> Computed { get; init; } = [];

    /// <summary>Frees the logits.</summary>
    public void Dispose() => Logits?.Dispose();
}

/// <summary>
/// batches → logits. Where operators return before their work is done, as on CUDA, a worker is given the next batch while its device computes, and the
/// logits leave when they are there: so nobody after this block has to wait for the network, and what a device is given to do stays bounded.
/// Bounded: <see cref="IWindowNetwork.InFlight"/> batches a worker inside, and a quarter as many that wait, as a batch's logits are twenty times its pixels. Ordered: logits leave in the order of the batches,
/// whichever worker was faster.
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
        // A turn is the right to give a worker a batch. Each worker's first comes before anybody's second.
        var turns = workers.Select(worker => new Turn(worker, new BusyTime())).ToArray();
        var idle = new ConcurrentQueue<Turn>(Enumerable.Range(0, turns.Max(turn => turn.Worker.Network.InFlight))
            .SelectMany(round => turns.Where(turn => round < turn.Worker.Network.InFlight)));
        var inFlight = idle.Count;
        var block = new TransformBlock<WindowBatch, BatchLogits>(
            async batch =>
            {
                using (batch)
                {
                    if (batch.EndOfUnit)
                        return new BatchLogits(batch.Unit, [], null, default) { Computed = batch.Computed };
                    if (!idle.TryDequeue(out var turn))
                        throw new InvalidOperationException("more batches than workers take");
                    try
                    {
                        var (logits, seconds) = await ComputeAsync(batch, turn, counters).ConfigureAwait(false);
                        foreach (var window in batch.Windows)
                            window.Record!.Seconds = seconds / batch.Windows.Count;
                        counters.Add(batch.Windows.Count, 0);
                        FlairMeter.BatchDuration.Record(seconds);
                        batch.Unit.Trace?.Batch(batch.Windows.Count, seconds);
                        tally.WindowsThroughNetwork(batch.Windows.Count);
                        return new BatchLogits(batch.Unit, [.. batch.Windows.Select(window => window.Placement!)], logits, turn.Worker.Network.Kept) { Computed = batch.Computed };
                    }
                    finally
                    {
                        idle.Enqueue(turn);
                    }
                }
            },
            new ExecutionDataflowBlockOptions
            {
                BoundedCapacity = CapacityOf(inFlight),
                MaxDegreeOfParallelism = inFlight,
                EnsureOrdered = true,
                CancellationToken = cancellation,
            });
        counters.Queue = () => block.InputCount;
        return block;
    }

    /// <summary>Batches in the block: those that workers have in hand, and a quarter as many that wait.</summary>
    /// <param name="inFlight">Batches that all workers together have in hand at most, 1 or more.</param>
    internal static int CapacityOf(int inFlight) => inFlight + Math.Max(1, inFlight / 4);

    private static async Task<(WindowLogits Logits, double Seconds)> ComputeAsync(WindowBatch batch, Turn turn, BlockCounters counters)
    {
        var (worker, time) = turn;
        await worker.Network.Ready.ConfigureAwait(false);
        var (logits, there, busy, start) = await worker.Thread.RunAsync(() =>
        {
            var busy = counters.Enter(() => $"unit {batch.Unit.Unit.Name}, window {batch.Windows[0].Placement!.Id}{(batch.Windows.Count > 1 ? $" and {batch.Windows.Count - 1} more" : "")}");
            WindowLogits? logits = null;
            try
            {
                var start = Stopwatch.GetTimestamp();
                logits = worker.Network.Forward([.. batch.Windows.Select(window => window.Memory)]);
                return (logits, logits.AfterThem(), busy, start);
            }
            catch
            {
                logits?.Dispose();
                busy.Dispose();
                throw;
            }
        }).ConfigureAwait(false);

        var ticks = 0L;
        try
        {
            using (there)
                there?.Wait();
            ticks = time.Add(start, Stopwatch.GetTimestamp() - logits.Waited);
            return (logits, Stopwatch.GetElapsedTime(0, ticks).TotalSeconds);
        }
        catch
        {
            logits.Dispose();
            throw;
        }
        finally
        {
            busy.Leave(ticks);
        }
    }

    private sealed record Turn(InferenceWorker Worker, BusyTime Time);

    /// <summary>A worker's time by batch: batches that overlap share none of it, as the device computes one after the other.</summary>
    internal sealed class BusyTime
    {
        private readonly Lock _lock = new();
        private long _until;

        /// <summary>The part of a batch's time in which the batches before it were done.</summary>
        /// <param name="start">When it was begun, in ticks of the stopwatch.</param>
        /// <param name="end">When it was done.</param>
        /// <returns>Ticks, 0 or more.</returns>
        public long Add(long start, long end)
        {
            lock (_lock)
            {
                var from = Math.Max(start, _until);
                _until = Math.Max(_until, end);
                return Math.Max(0, end - from);
            }
        }
    }
}
