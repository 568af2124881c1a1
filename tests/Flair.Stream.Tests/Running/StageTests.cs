using System.Threading.Tasks.Dataflow;
using Flair.Running;

namespace Flair.Tests.Running;

public sealed class StageTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_block_makes_no_more_than_the_next_has_room_for()
    {
        using var gate = new SemaphoreSlim(0);
        var sink = new ActionBlock<int>(_ => gate.WaitAsync(), new ExecutionDataflowBlockOptions { BoundedCapacity = 2 });
        var repeater = new Repeater(sink, count: 100, CancellationToken.None);
        await repeater.Input.SendAsync(1);
        repeater.Input.Complete();
        await Task.Delay(200);
        Assert.InRange(repeater.Made, 1, 3);
        gate.Release(100);
        await sink.Completion.WaitAsync(s_patience);
        Assert.Equal(100, repeater.Made);
    }

    [Fact]
    public async Task A_fault_goes_downstream_and_what_is_held_is_released()
    {
        var sink = new ActionBlock<int>(_ => { });
        var repeater = new Repeater(sink, count: -1, CancellationToken.None);
        await repeater.Input.SendAsync(1);
        await Assert.ThrowsAsync<FlairException>(() => repeater.Completion.WaitAsync(s_patience));
        await Assert.ThrowsAsync<FlairException>(() => sink.Completion.WaitAsync(s_patience));
        Assert.True(repeater.Released);
    }

    [Fact]
    public async Task Cancelling_stops_a_block_that_waits_for_room()
    {
        using var stop = new CancellationTokenSource();
        var full = new BufferBlock<int>(new DataflowBlockOptions { BoundedCapacity = 1 });
        var repeater = new Repeater(full, count: 100, stop.Token);
        await repeater.Input.SendAsync(1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repeater.Completion.WaitAsync(s_patience));
        Assert.True(repeater.Released);
    }

    [Fact]
    public async Task What_is_not_taken_because_the_run_is_cancelled_is_disposed_of()
    {
        using var stop = new CancellationTokenSource();
        var full = new BufferBlock<Message>(new DataflowBlockOptions { BoundedCapacity = 1 });
        using Message taken = new(), left = new();
        var sender = new Sender(full, [taken, left], stop.Token);
        await sender.Input.SendAsync(0);
        Assert.True(await full.OutputAvailableAsync().WaitAsync(s_patience));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.Completion.WaitAsync(s_patience));
        Assert.False(taken.Disposed);
        Assert.True(left.Disposed);
    }

    private sealed class Message : IDisposable
    {
        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }

    private sealed class Sender(ITargetBlock<Message> next, Message[] messages, CancellationToken cancellation)
        : Stage<int, Message>(new BlockCounters("send", "messages"), next, 1, cancellation)
    {
        protected override async Task HandleAsync(int message, CancellationToken cancellation)
        {
            foreach (var one in messages)
                await SendAsync(one);
        }
    }

    private sealed class Repeater(ITargetBlock<int> next, int count, CancellationToken cancellation)
        : Stage<int, int>(new BlockCounters("repeat", "numbers"), next, 1, cancellation)
    {
        private int _made;

        public int Made => Volatile.Read(ref _made);

        public bool Released { get; private set; }

        protected override async Task HandleAsync(int message, CancellationToken cancellation)
        {
            if (count < 0)
                throw new FlairException("broken");
            for (var i = 0; i < count; i++)
            {
                Interlocked.Increment(ref _made);
                await SendAsync(message);
            }
        }

        protected override void Release() => Released = true;
    }
}
