using Flair.Source;

namespace Flair.Tests.Source;

public sealed class DecodeSchedulerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(4, 2, 4)]
    public async Task Some_threads_work_ahead_and_all_of_them_in_a_hurry(int threads, int ahead, int hurried)
    {
        using var scheduler = new DecodeScheduler(threads, ahead);
        using var enough = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        var running = 0;
        var jobs = Enumerable.Range(0, 12).Select(_ => Start(scheduler, () =>
        {
            Interlocked.Increment(ref running);
            enough.Release();
            gate.Wait(s_patience);
        })).ToArray();
        for (var i = 0; i < ahead; i++)
            Assert.True(await enough.WaitAsync(s_patience));
        Assert.False(await enough.WaitAsync(100));
        Assert.Equal(ahead, Volatile.Read(ref running));

        var waiting = scheduler.Hurry(jobs[^1], CancellationToken.None);
        for (var i = ahead; i < hurried; i++)
            Assert.True(await enough.WaitAsync(s_patience));
        Assert.False(await enough.WaitAsync(100));
        Assert.Equal(hurried, Volatile.Read(ref running));
        gate.Set();
        await waiting.WaitAsync(s_patience);
        await Task.WhenAll(jobs).WaitAsync(s_patience);
        Assert.Equal(12, running);
    }

    [Fact]
    public async Task Jobs_begin_in_their_order()
    {
        using var scheduler = new DecodeScheduler(2, 1);
        List<int> order = [];
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Start(scheduler, () => order.Add(i))).ToArray()).WaitAsync(s_patience);
        Assert.Equal(Enumerable.Range(0, 100), order);
    }

    [Fact]
    public async Task A_job_that_fails_or_a_wait_that_is_stopped_leaves_the_others_running()
    {
        using var scheduler = new DecodeScheduler(2, 1);
        var failing = Start(scheduler, () => throw new IOException("no"));
        await Assert.ThrowsAsync<IOException>(() => scheduler.Hurry(failing, CancellationToken.None));
        using var stopped = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        var slow = Start(scheduler, () => gate.Wait(s_patience));
        var waiting = scheduler.Hurry(slow, stopped.Token);
        stopped.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.Set();
        await Start(scheduler, () => { }).WaitAsync(s_patience);
        await slow.WaitAsync(s_patience);
    }

    [Fact]
    public async Task All_threads_end_with_the_last_job_of_a_scheduler_that_was_disposed_of()
    {
        var scheduler = new DecodeScheduler(2, 1);
        using var both = new Barrier(2);
        using var gate = new ManualResetEventSlim();
        var threads = new Thread[2];
        var first = Enumerable.Range(0, 2).Select(i => Start(scheduler, () =>
        {
            threads[i] = Thread.CurrentThread;
            Assert.True(both.SignalAndWait(s_patience));
        })).ToArray();
        await scheduler.Hurry(Task.WhenAll(first), CancellationToken.None).WaitAsync(s_patience);

        var last = Enumerable.Range(0, 3).Select(_ => Start(scheduler, () => gate.Wait(s_patience))).ToArray();
        scheduler.Dispose();
        // The second thread must have seen that there is work, and that it may not take it.
        await Task.Delay(200);
        gate.Set();
        await Task.WhenAll(last).WaitAsync(s_patience);
        Assert.All(threads, thread => Assert.True(thread.Join(s_patience)));
    }

    private static Task Start(DecodeScheduler scheduler, Action job) => Task.Factory.StartNew(job, CancellationToken.None, TaskCreationOptions.None, scheduler);
}
