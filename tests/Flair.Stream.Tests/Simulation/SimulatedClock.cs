namespace Flair.Tests.Simulation;

/// <summary>
/// A clock on which nobody waits: pauses are over at once, and time limits end only for what is let hang. So nothing depends on how fast the machine is.
/// </summary>
internal sealed class SimulatedClock : TimeProvider
{
    /// <summary>From here on a time is a limit, not a pause.</summary>
    public static readonly TimeSpan LeastLimit = TimeSpan.FromMinutes(5);

    private static readonly AsyncLocal<Limit?> s_innermost = new();
    private static readonly DateTimeOffset s_start = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _ticks;

    /// <summary>The innermost time limit under which the caller is.</summary>
    public static Limit? Innermost => s_innermost.Value;

    public override DateTimeOffset GetUtcNow() => s_start.AddTicks(Interlocked.Read(ref _ticks));

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var limit = new Limit(callback, state);
        if (dueTime == Timeout.InfiniteTimeSpan)
            return limit;
        if (dueTime >= LeastLimit)
        {
            s_innermost.Value = limit;
            return limit;
        }

        Interlocked.Add(ref _ticks, dueTime.Ticks);
        limit.End();
        return limit;
    }

    /// <summary>A timer that ends when it is told to.</summary>
    internal sealed class Limit(TimerCallback callback, object? state) : ITimer
    {
        private int _over;

        public void End()
        {
            if (Interlocked.Exchange(ref _over, 1) == 0)
                ThreadPool.UnsafeQueueUserWorkItem(_ => callback(state), null);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime >= LeastLimit)
                s_innermost.Value = this;
            else if (dueTime != Timeout.InfiniteTimeSpan)
                End();
            return true;
        }

        public void Dispose() => Interlocked.Exchange(ref _over, 1);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
