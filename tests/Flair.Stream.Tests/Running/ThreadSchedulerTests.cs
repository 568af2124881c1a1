using Flair.Running;

namespace Flair.Tests.Running;

public sealed class ThreadSchedulerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task One_thread_of_its_own_runs_tasks_in_their_order()
    {
        using var scheduler = new ThreadScheduler("one", 1);
        List<int> order = [];
        var threads = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Start(scheduler, () =>
        {
            order.Add(i);
            return (Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread, Thread.CurrentThread.Name);
        })).ToArray()).WaitAsync(s_patience);
        Assert.Equal(Enumerable.Range(0, 100), order);
        var (_, ofPool, name) = Assert.Single(threads.Distinct());
        Assert.False(ofPool);
        Assert.Equal("one", name);
    }

    [Fact]
    public async Task What_an_asynchronous_task_goes_on_with_runs_there_too_where_it_asks_for_it()
    {
        using var scheduler = new ThreadScheduler("one", 1);
        var (before, after) = await (await Start(scheduler, async () =>
        {
            var before = Environment.CurrentManagedThreadId;
            await Task.Delay(1).ConfigureAwait(true);
            return (before, Environment.CurrentManagedThreadId);
        })).WaitAsync(s_patience);
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task As_many_tasks_run_at_once_as_there_are_threads(int threads)
    {
        using var scheduler = new ThreadScheduler("some", threads);
        using var begun = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        var tasks = Enumerable.Range(0, 5).Select(_ => Start(scheduler, () =>
        {
            begun.Release();
            return gate.Wait(s_patience);
        })).ToArray();
        for (var i = 0; i < threads; i++)
            Assert.True(await begun.WaitAsync(s_patience));
        Assert.False(await begun.WaitAsync(100));
        gate.Set();
        Assert.All(await Task.WhenAll(tasks).WaitAsync(s_patience), Assert.True);
    }

    [Fact]
    public async Task It_takes_nothing_more_once_it_was_disposed_of_but_does_what_it_has()
    {
        var scheduler = new ThreadScheduler("one", 1);
        using var gate = new ManualResetEventSlim();
        var first = Start(scheduler, () => gate.Wait(s_patience));
        var second = Start(scheduler, () => 2);
        scheduler.Dispose();
        var refused = await Assert.ThrowsAsync<TaskSchedulerException>(() => Start(scheduler, () => 3));
        Assert.IsType<ObjectDisposedException>(refused.InnerException);
        gate.Set();
        Assert.True(await first.WaitAsync(s_patience));
        Assert.Equal(2, await second.WaitAsync(s_patience));
    }

    private static Task<T> Start<T>(ThreadScheduler scheduler, Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, scheduler);
}
