using System.Runtime.InteropServices;
using System.Threading.Tasks.Dataflow;
using Flair.Checkpoints;
using Flair.Patches;
using Flair.Running;
using Flair.Torch;

namespace Flair.Evaluation;

/// <summary>A predicted patch.</summary>
/// <param name="Files">Its files.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Classes">The class indices of the batch it was in.</param>
/// <param name="Offset">Where its own begin, row by row.</param>
internal sealed record PredictedPatch(PatchFiles Files, int Width, int Height, byte[] Classes, int Offset);

/// <summary>
/// batches → predicted patches. What the workers take goes to them; of the rest, a batch is always filled up to the full size with zeros, so that a patch's
/// classes do not depend on how many others there are. Bounded: a batch inside and one that waits.
/// </summary>
internal sealed class PatchNetwork(PredictParts parts, PatchWorkers? workers, BlockCounters counters, ITargetBlock<PredictedPatch> next, CancellationToken cancellation)
    : Stage<IReadOnlyList<NormalizedPatch>, PredictedPatch>(counters, next, capacity: 1, cancellation)
{
    protected override async Task HandleAsync(IReadOnlyList<NormalizedPatch> message, CancellationToken cancellation)
    {
        if (workers?.Takes(message[0]) == true)
        {
            foreach (var patch in message)
                await workers.SendAsync(patch, cancellation).ConfigureAwait(false);
            return;
        }

        var (width, height) = (message[0].Width, message[0].Height);
        var classes = parts.Thread.Run(() => Predict(message, width, height));
        for (var i = 0; i < message.Count; i++)
            await SendAsync(new PredictedPatch(message[i].Files, width, height, classes, i * width * height)).ConfigureAwait(false);
    }

    protected override Task EndAsync(CancellationToken cancellation) => workers?.CompleteAsync() ?? Task.CompletedTask;

    private byte[] Predict(IReadOnlyList<NormalizedPatch> batch, int width, int height)
    {
        using var busy = Counters.Enter();
        var settings = parts.Settings;
        using var input = Fill(batch, patch => MemoryMarshal.Cast<byte, float>(patch.Values), settings.Channels.Count, height, width);
        using var metadata = batch[0].Metadata is { } values ? Fill(batch, patch => patch.Metadata, values.Length) : null;
        using var logits = parts.Forward(input, metadata);
        var classes = LogitClasses.Of(logits, settings.Classes.Count, height, width);
        Counters.Add(batch.Count, classes.Length);
        return classes;
    }

    private unsafe Tensor Fill(IReadOnlyList<NormalizedPatch> batch, Func<NormalizedPatch, ReadOnlySpan<float>> valuesOf, params long[] shape)
    {
        var each = TensorShape.Elements(shape);
        var tensor = Creation.Zeros([parts.Settings.BatchSize, .. shape]);
        try
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var values = valuesOf(batch[i]);
                if (values.Length != each)
                    throw new FlairException($"{batch[i].Files.Image}: the patch gives {values.Length} values where {each} are wanted");
                values.CopyTo(new Span<float>((float*)tensor.DataPointer + (i * each), values.Length));
            }

            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }
}
