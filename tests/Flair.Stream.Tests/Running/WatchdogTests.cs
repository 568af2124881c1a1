using Flair.Inference;
using Flair.Kernels;
using Flair.Measuring;
using Flair.Running;
using Flair.Tests.Models;
using Flair.Torch;

namespace Flair.Tests.Running;

public sealed class WatchdogTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    private readonly ManualTime _time = new();
    private readonly List<RunStall> _warnings = [];
    private readonly BlockCounters _read = new("read", "strips");
    private readonly BlockCounters _inference = new("inference", "windows");

    private Watchdog Create() => new([_read, _inference], s_period, _time, _warnings.Add);

    private RunStall? Pass(Watchdog watchdog, double minutes)
    {
        RunStall? end = null;
        for (var left = TimeSpan.FromMinutes(minutes); left > TimeSpan.Zero && end is null; left -= watchdog.Interval)
        {
            _time.Now += watchdog.Interval;
            end = watchdog.Look();
        }

        return end;
    }

    [Fact]
    public void TheBlockAtWorkWithoutProgressIsNamedAndThenEndsTheRun()
    {
        var watchdog = Create();
        using var busy = _inference.Enter(() => "unit a, window r1-c2");
        _time.Now += watchdog.Interval;
        _inference.Add(1, 0);
        watchdog.Look();
        var since = _time.GetUtcNow();

        Assert.Null(Pass(watchdog, 9.5));
        Assert.Empty(_warnings);
        Assert.Null(Pass(watchdog, 9.9));
        var warning = Assert.Single(_warnings);
        Assert.Equal(("inference", "unit a, window r1-c2", since, false), (warning.Block, warning.Work, warning.Since, warning.Ends));
        Assert.Equal("block 'inference' has made no progress for 10 min, since 2026-01-01 00:00:15Z, at work on unit a, window r1-c2", warning.ToString());

        var end = Pass(watchdog, 1);
        Assert.True(end!.Ends);
        Assert.Equal(since, end.Since);
        Assert.EndsWith("; the run ends here: finished tiles are safe, run the same command again to go on", end.ToString(), StringComparison.Ordinal);
        Assert.Single(_warnings);
    }

    [Fact]
    public void ABlockIsFoundWhileOthersGoOn()
    {
        var watchdog = Create();
        using var busy = _read.Enter(() => "unit a");
        RunStall? end = null;
        for (var i = 0; i < 90 && end is null; i++)
        {
            _inference.Add(1, 0);
            end = Pass(watchdog, 0.25);
        }

        Assert.Equal("read", Assert.Single(_warnings).Block);
        Assert.Equal("read", end!.Block);
    }

    [Fact]
    public void ProgressOfAnyKindIsProgress()
    {
        var watchdog = Create();
        var pulse = 0L;
        _read.Pulse = () => pulse;
        using var busy = _read.Enter();
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(Pass(watchdog, 9));
            if (i % 3 == 0)
                _read.Add(1, 0);
            else if (i % 3 == 1)
                _read.Add(0, 5);
            else
                pulse++;
        }

        Assert.Empty(_warnings);
    }

    [Fact]
    public void AfterProgressTheNextStallIsToldAgain()
    {
        var watchdog = Create();
        using var busy = _read.Enter();
        Assert.Null(Pass(watchdog, 12));
        _read.Add(1, 0);
        Assert.Null(Pass(watchdog, 12));
        Assert.Equal(2, _warnings.Count);
        Assert.True(_warnings[1].Since > _warnings[0].Since);
    }

    [Fact]
    public void WhereNobodyIsAtWorkTheBlockWithWaitingMessagesIsNamed()
    {
        var watchdog = Create();
        _inference.Queue = () => 3;
        var end = Pass(watchdog, 21);
        Assert.Equal("inference", end!.Block);
        Assert.Contains("with nothing in hand", end.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AStoppedProcessIsNotStuck()
    {
        var watchdog = Create();
        using var busy = _read.Enter();
        for (var i = 0; i < 5; i++)
        {
            _time.Now += TimeSpan.FromHours(1);
            Assert.Null(watchdog.Look());
        }

        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task ItEndsWithTheRun()
    {
        using var end = new CancellationTokenSource();
        var running = new Watchdog([_read], s_period, TimeProvider.System, _warnings.Add).RunAsync(end.Token);
        await end.CancelAsync();
        Assert.Null(await running.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private sealed class ManualTime : TimeProvider
    {
        private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => s_start + Now;

        public override long GetTimestamp() => Now.Ticks;
    }
}

[Collection(LibTorchCollection.Name)]
public sealed class StalledRunTests : IDisposable
{
    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task ARunWithAStuckNetworkEndsWithOneLineAndGoesOnLater()
    {
        _scene.Write("input", 2, 1);
        using var free = new ManualResetEventSlim();
        var observer = new Onlooker();
        var time = new SteppedTime();
        var settings = _scene.Settings("out");
        var options = new RunOptions
        {
            Time = time,
            ProgressInterval = TimeSpan.FromMilliseconds(20),
            Inference = plan => InferenceWorkers.Of(1, () => new StuckNetwork(new IdleNetwork(plan.Settings, plan.Model.ClassCount), free)),
        };
        var run = DetectRun.RunAsync(settings, options, observer, CancellationToken.None);
        await observer.OnlyInferenceIsAtWork.WaitAsync(TimeSpan.FromMinutes(2));
        while (!run.IsCompleted)
        {
            time.Step();
            await Task.Delay(1);
        }

        var end = await Assert.ThrowsAsync<FlairException>(() => run);
        Assert.Equal(RunSummary.StalledExitCode, end.ExitCode);
        Assert.StartsWith("block 'inference' has made no progress for 20", end.Message, StringComparison.Ordinal);
        Assert.Matches(@"at work on unit tile-0-0\b.*, window r-?\d+-c-?\d+", end.Message);
        Assert.DoesNotContain('\n', end.Message);
        Assert.Equal("inference", Assert.Single(observer.Stalls).Block);

        free.Set();
        using var recorder = new Recorder();
        Assert.Equal(0, (await DetectRun.RunAsync(settings, new RunOptions(), recorder, CancellationToken.None)).ExitCode);
        Assert.Equal(2, recorder.Tiles.Count);
    }

    private sealed class Onlooker : IRunObserver
    {
        private readonly TaskCompletionSource _onlyInference = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (long Items, int Times) _same;

        public Task OnlyInferenceIsAtWork => _onlyInference.Task;

        public List<RunStall> Stalls { get; } = [];

        public void Started(RunPlan plan)
        {
        }

        public void Notice(string message)
        {
        }

        public void Progress(RunSnapshot snapshot)
        {
            var items = snapshot.Blocks.Sum(block => block.Items);
            var still = items == _same.Items && snapshot.Blocks.All(block => (block.Workers > 0) == (block.Name == "inference"));
            _same = (items, still ? _same.Times + 1 : 0);
            if (_same.Times > 20)
                _onlyInference.TrySetResult();
        }

        public void TileFinished(Flair.Indexing.TileRow tile)
        {
        }

        public void Stalled(RunStall stall) => Stalls.Add(stall);
    }

    private sealed class StuckNetwork(IWindowNetwork inner, ManualResetEventSlim free) : IWindowNetwork
    {
        public int BatchSize => inner.BatchSize;

        public PixelRect Kept => inner.Kept;

        public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
        {
            free.Wait();
            return inner.Forward(windows);
        }

        public void Dispose() => inner.Dispose();
    }

    /// <summary>A clock whose timers go off when it is told to step.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private readonly List<StepTimer> _timers = [];
        private TimeSpan _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new StepTimer(() => callback(state), period);
            _timers.Add(timer);
            return timer;
        }

        public void Step()
        {
            _now += _timers[0].Period;
            foreach (var timer in _timers.ToArray())
                timer.GoOff();
        }

        private sealed class StepTimer(Action callback, TimeSpan period) : ITimer
        {
            private bool _disposed;

            public TimeSpan Period => period;

            public void GoOff()
            {
                if (!_disposed)
                    callback();
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => !_disposed;

            public void Dispose() => _disposed = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
