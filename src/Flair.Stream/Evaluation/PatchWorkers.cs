using System.Collections.Concurrent;
using System.Threading.Tasks.Dataflow;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Inference;
using Flair.Kernels;
using Flair.Patches;
using Flair.Running;
using Flair.Settings;

namespace Flair.Evaluation;

/// <summary>
/// patches of the workers' size → predicted patches, in the order in which they are done. A patch is computed by itself, so its classes depend neither on the
/// others nor on how many workers there are. Bounded: a patch a worker inside, and a quarter as many that wait.
/// </summary>
internal sealed class PatchWorkers
{
    private readonly PixelRect _size;
    private readonly ActionBlock<NormalizedPatch> _block;

    /// <summary>Makes the block.</summary>
    /// <param name="workers">Networks and their threads.</param>
    /// <param name="classes">Logits that a pixel must have.</param>
    /// <param name="counters">Counts the patches.</param>
    /// <param name="next">Takes what it makes; who completes this block completes that one after it.</param>
    /// <param name="cancellation">Stops it between two patches.</param>
    public PatchWorkers(InferenceWorkers workers, int classes, BlockCounters counters, ITargetBlock<PredictedPatch> next, CancellationToken cancellation)
    {
        _size = workers.Workers[0].Network.Kept;
        var idle = new ConcurrentQueue<InferenceWorker>(workers.Workers);
        var count = idle.Count;
        _block = new(
            async patch =>
            {
                if (!idle.TryDequeue(out var worker))
                    throw new InvalidOperationException("more patches than workers");
                byte[] predicted;
                try
                {
                    predicted = await worker.Thread.RunAsync(() => Predict(worker.Network, patch)).ConfigureAwait(false);
                }
                finally
                {
                    idle.Enqueue(worker);
                }

                if (!await next.SendAsync(new(patch.Files, patch.Width, patch.Height, predicted, 0), cancellation).ConfigureAwait(false))
                    throw new OperationCanceledException("the next block has stopped");
            },
            new() { BoundedCapacity = count + Math.Max(1, count / 4), MaxDegreeOfParallelism = count, CancellationToken = cancellation });

        byte[] Predict(IWindowNetwork network, NormalizedPatch patch)
        {
            using var busy = counters.Enter();
            using var logits = network.Forward([patch.Values]);
            var predicted = LogitClasses.Of(logits, classes, patch.Height, patch.Width);
            counters.Add(1, predicted.Length);
            return predicted;
        }
    }

    /// <summary>The fused networks for most patches of a list, a core each; null where libtorch has to run them all.</summary>
    /// <param name="settings">Which network, and where it runs.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="summary">The list. Programs are for one size, so they are made for the most common one, if that is square; compiling one takes as long as several patches.</param>
    public static InferenceWorkers? Start(TrainingSettings settings, StateDict weights, PatchSummary summary)
    {
        var (channels, classes) = (settings.Channels.Count, settings.Classes.Count);
        return settings.UseMetadata || summary.Width != summary.Height || !PrecisionChoice.CanBeFused(settings.Architecture, channels, classes, settings.Device)
            ? null
            : InferenceWorkers.OfNormalizedWindows(
                FusedNetworks.Trace(settings.Architecture, channels, classes), weights, summary.Width, Math.Min(Environment.ProcessorCount, summary.Count));
    }

    /// <summary>Ends after <see cref="CompleteAsync"/> when the last patch was sent on, or with what failed.</summary>
    public Task Completion => _block.Completion;

    /// <summary>Whether the workers take patches of its size.</summary>
    public bool Takes(NormalizedPatch patch) => _size == new PixelRect(0, 0, patch.Width, patch.Height);

    /// <summary>Hands a patch over, when there is room.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task SendAsync(NormalizedPatch patch, CancellationToken cancellation)
    {
        if (!await _block.SendAsync(patch, cancellation).ConfigureAwait(false))
            throw new OperationCanceledException("the workers have stopped");
    }

    /// <summary>Waits for the last patch.</summary>
    public Task CompleteAsync()
    {
        _block.Complete();
        return _block.Completion;
    }
}
