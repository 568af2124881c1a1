using System.Threading.Tasks.Dataflow;
using Flair.Running;

namespace Flair.Tests.Running;

public sealed class BlockDrainTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ABlockEndsWhoseTakerFailsAfterTheLastInput()
    {
        var sent = new TaskCompletionSource();
        var taker = new ActionBlock<int>(
            async _ =>
            {
                await sent.Task;
                throw new InvalidOperationException();
            },
            new() { BoundedCapacity = 1 });
        var block = new TransformBlock<int, int>(message => message, new() { BoundedCapacity = 4 });
        block.LinkTo(taker, new() { PropagateCompletion = true });
        var discarded = new List<int>();
        var last = new TaskCompletionSource();
        BlockDrain.AfterFailureOf(taker.Completion, block, message =>
        {
            discarded.Add(message);
            if (message == 3)
                last.SetResult();
        });
        for (var message = 0; message < 4; message++)
            Assert.True(await block.SendAsync(message));
        block.Complete();
        sent.SetResult();

        await Assert.ThrowsAsync<InvalidOperationException>(() => taker.Completion);
        await block.Completion.WaitAsync(s_patience);
        await last.Task.WaitAsync(s_patience);
        Assert.Equal([1, 2, 3], discarded);
    }
}
