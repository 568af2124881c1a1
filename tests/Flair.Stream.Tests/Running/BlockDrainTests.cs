using System.Threading.Tasks.Dataflow;
using Flair.Running;

namespace Flair.Tests.Running;

public sealed class BlockDrainTests
{
    [Fact]
    public async Task ABlockEndsWhoseTakerFailsAfterTheLastInput()
    {
        using var stop = new CancellationTokenSource();
        var all = new TaskCompletionSource();
        var taker = new ActionBlock<int>(
            async _ =>
            {
                await all.Task;
                throw new InvalidOperationException();
            },
            new() { BoundedCapacity = 1, CancellationToken = stop.Token });
        var block = new TransformBlock<int, int>(message => message, new() { BoundedCapacity = 4, CancellationToken = stop.Token });
        block.LinkTo(taker, new() { PropagateCompletion = true });
        var discarded = new List<int>();
        BlockDrain.AfterFailureOf(taker.Completion, block, discarded.Add);
        for (var message = 0; message < 4; message++)
            Assert.True(await block.SendAsync(message));
        block.Complete();
        await Task.Delay(50); // the block works off its input

        all.SetResult();
        await Assert.ThrowsAsync<InvalidOperationException>(() => taker.Completion);
        await stop.CancelAsync();

        await block.Completion.WaitAsync(TimeSpan.FromSeconds(20)).ContinueWith(_ => { });
        Assert.True(block.Completion.IsCompleted);
        Assert.Equal([1, 2, 3], discarded);
    }
}
