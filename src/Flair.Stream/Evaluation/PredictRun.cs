using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Dataflow;
using Flair.Patches;
using Flair.Running;

namespace Flair.Evaluation;

/// <summary>
/// Predicts the patches of a list, one <c>PRED_…</c> file each:
/// <code>
/// patches → read → batch → network → write
/// </code>
/// The network is workers that take a patch each, or libtorch's, which takes a batch. Each arrow is bounded, so memory does not depend on the length of the list. A file is complete or not there; running again gives the same files.
/// </summary>
public static class PredictRun
{
    private const int Writers = 2;

    /// <summary>Predicts them all.</summary>
    /// <param name="parts">What to work with.</param>
    /// <param name="cancellation">Stops between two patches; what is written stays.</param>
    /// <exception cref="FlairException">A patch cannot be read, has a size that the network does not take, or a prediction cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<PredictResult> RunAsync(PredictParts parts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var settings = parts.Settings;
        var patches = PredictionFiles.List(settings);
        var directory = PredictionFiles.Directory(settings);
        OutputGuard.Run($"{directory}: cannot be made", () => Directory.CreateDirectory(directory));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var pixels = 0L;
        var done = 0;
        var gate = new Lock();
        var write = new ActionBlock<PredictedPatch>(
            patch =>
            {
                var size = patch.Width * patch.Height;
                PredictionWriter.Write(
                    PredictionFiles.Of(settings, patch.Files.Image),
                    patch.Files.Image,
                    settings.GeoreferencingOutput,
                    patch.Width,
                    patch.Height,
                    patch.Classes.AsMemory(patch.Offset, size));
                lock (gate)
                {
                    pixels += size;
                    parts.Progress?.Invoke(new PredictProgress(++done, patches.Count));
                }
            },
            new() { BoundedCapacity = 2 * Writers, MaxDegreeOfParallelism = Writers, CancellationToken = stop.Token });
        var counters = new BlockCounters("network", "patches");
        var workers = parts.Workers is { } fused ? new PatchWorkers(fused, settings.Classes.Count, counters, write, stop.Token) : null;
        var network = new PatchNetwork(parts, workers, counters, write, stop.Token);
        var batch = new PatchBatcher(settings.BatchSize, patch => workers?.Takes(patch) == true, new BlockCounters("batch", "batches"), network.Input, stop.Token);
        var readers = PatchReader.Threads(settings);
        var normalizers = new PatchNormalizers(settings);
        var read = new TransformBlock<PatchFiles?, NormalizedPatch?>(
            files => files is null ? null : Read(parts, files, normalizers),
            new() { BoundedCapacity = 2 * readers, MaxDegreeOfParallelism = readers, EnsureOrdered = true, CancellationToken = stop.Token });
        read.LinkTo(batch.Input, new DataflowLinkOptions { PropagateCompletion = true });
        BlockDrain.AfterFailureOf(batch.Completion, read, _ => { });

        // A block that fails faults those after it; this stops those before it.
        Task[] completions = [read.Completion, batch.Completion, network.Completion, workers?.Completion ?? Task.CompletedTask, write.Completion];
        foreach (var completion in completions)
            _ = completion.ContinueWith(_ => stop.Cancel(), CancellationToken.None, TaskContinuationOptions.NotOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        foreach (var patch in patches.Append<PatchFiles?>(null))
        {
            if (stop.IsCancellationRequested || !await SendAsync(read, patch, stop.Token).ConfigureAwait(false))
                break;
        }

        read.Complete();
        try
        {
            await Task.WhenAll(completions).ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            ExceptionDispatchInfo.Throw(Cause(completions) ?? thrown);
        }

        cancellation.ThrowIfCancellationRequested();
        return new PredictResult(directory, done, pixels);
    }

    private static async Task<bool> SendAsync(ITargetBlock<PatchFiles?> block, PatchFiles? patch, CancellationToken stop)
    {
        try
        {
            return await block.SendAsync(patch, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The blocks say whether the user stopped the run or one of them failed.
            return false;
        }
    }

    /// <summary>The first failure that is not another block's stopping because of it.</summary>
    private static Exception? Cause(Task[] completions) => completions
        .Where(completion => completion.IsFaulted)
        .SelectMany(completion => completion.Exception!.Flatten().InnerExceptions)
        .FirstOrDefault(inner => inner is not OperationCanceledException);

    private static NormalizedPatch Read(PredictParts parts, PatchFiles files, PatchNormalizers normalizers)
    {
        var channels = parts.Settings.Channels;
        var image = PatchReader.ReadImage(files.Image, channels);
        if (!parts.Sizes.Contains(image.Height, image.Width))
        {
            throw new FlairException(
                $"{files.Image}: is {image.Width} × {image.Height} pixels, and {parts.Settings.Architecture} takes {parts.Sizes}; cut the patch to such a size");
        }

        var values = new byte[PatchReader.Room(files.Image, (long)channels.Count * image.Width * image.Height * sizeof(float))];
        normalizers.Of(image).Normalize(image.Values, MemoryMarshal.Cast<byte, float>(values.AsSpan()));
        return new NormalizedPatch(files, image.Width, image.Height, values, parts.Metadata?.Invoke(files));
    }
}
