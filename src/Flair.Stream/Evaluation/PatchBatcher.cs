using System.Threading.Tasks.Dataflow;
using Flair.Patches;
using Flair.Running;

namespace Flair.Evaluation;

/// <summary>A patch ready for the network.</summary>
/// <param name="Files">Its files.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Values">[channel][row][column], normalized: single-precision numbers in native byte order.</param>
/// <param name="Metadata">Its encoded metadata; null for a network that takes none.</param>
internal sealed record NormalizedPatch(PatchFiles Files, int Width, int Height, byte[] Values, float[]? Metadata);

/// <summary>
/// patches → batches of one size each. Patches of other sizes wait in batches of their own; when four batches' worth of patches wait, the
/// fullest batch goes as it is. Patches that go through the network alone do not wait. A null ends the run and sends what waits.
/// Bounded: the patches of four batches.
/// </summary>
internal sealed class PatchBatcher(int batchSize, Predicate<NormalizedPatch> goesAlone, BlockCounters counters, ITargetBlock<IReadOnlyList<NormalizedPatch>> next, CancellationToken cancellation)
    : Stage<NormalizedPatch?, IReadOnlyList<NormalizedPatch>>(counters, next, capacity: 1, cancellation)
{
    private const int MostWaiting = 4;

    // In the order in which the sizes came up; there are few.
    private readonly List<List<NormalizedPatch>> _groups = [];

    protected override async Task HandleAsync(NormalizedPatch? message, CancellationToken cancellation)
    {
        if (message is null)
        {
            foreach (var rest in _groups)
                await Send(rest).ConfigureAwait(false);
            _groups.Clear();
            return;
        }

        if (goesAlone(message))
        {
            await Send([message]).ConfigureAwait(false);
            return;
        }

        var group = _groups.Find(waiting => waiting[0].Width == message.Width && waiting[0].Height == message.Height);
        if (group is null)
            _groups.Add(group = []);
        group.Add(message);
        var ready = group.Count == batchSize ? group
            : _groups.Sum(waiting => waiting.Count) >= MostWaiting * batchSize ? _groups.MaxBy(waiting => waiting.Count)
            : null;
        if (ready is not null)
        {
            _groups.Remove(ready);
            await Send(ready).ConfigureAwait(false);
        }
    }

    private Task Send(List<NormalizedPatch> batch)
    {
        Counters.Add(1, batch.Sum(patch => (long)patch.Values.Length));
        return SendAsync(batch);
    }
}
