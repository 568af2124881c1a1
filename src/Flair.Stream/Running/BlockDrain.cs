using System.Threading.Tasks.Dataflow;

namespace Flair.Running;

/// <summary>
/// Lets a block end whose taker has failed. A TransformBlock that has worked off its input completes only when its output is taken; cancelling it
/// then no longer helps, and who waits for it waits for ever.
/// </summary>
internal static class BlockDrain
{
    /// <summary>Takes what a block still gives, once the one after it has ended without taking everything.</summary>
    /// <param name="taker">The completion of the block after it.</param>
    /// <param name="block">The block, which somebody cancels or completes.</param>
    /// <param name="discard">Frees a message.</param>
    public static void AfterFailureOf<T>(Task taker, IReceivableSourceBlock<T> block, Action<T> discard) => _ = taker.ContinueWith(
        async _ =>
        {
            while (await block.OutputAvailableAsync().ConfigureAwait(false))
            {
                while (block.TryReceive(out var message))
                    discard(message);
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.NotOnRanToCompletion,
        TaskScheduler.Default);
}
