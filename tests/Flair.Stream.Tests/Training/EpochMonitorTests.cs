using Flair.Settings;
using Flair.Training;

namespace Flair.Tests.Training;

public sealed class EpochMonitorTests
{
    [Fact]
    public void TheBestIsTheFirstOfEqualOnesAndPatienceCountsTheRest()
    {
        var monitor = new EpochMonitor(new() { EarlyStoppingPatience = 3 });
        Assert.True(Observe(monitor, 0.9, 0));
        Assert.False(Observe(monitor, 0.9, 1));
        Assert.True(Observe(monitor, 0.8, 2));
        Assert.Equal(0, monitor.Stopping.WaitCount);
        Assert.False(Observe(monitor, 0.85, 3));
        Assert.False(Observe(monitor, 0.8, 4));
        Assert.False(monitor.IsExhausted);
        Assert.False(Observe(monitor, 0.81, 5));
        Assert.True(monitor.IsExhausted);
        Assert.Equal(5, monitor.Stopping.StoppedEpoch);
        Assert.Equal(("epoch2", 0.8), (monitor.Best.Path, monitor.Best.Score));
    }

    [Fact]
    public void LargerIsBetterWhereTheSettingsSaySo()
    {
        var settings = new CheckpointSettings { Monitor = "val_miou", Maximize = true };
        var monitor = new EpochMonitor(settings);
        Assert.True(Observe(monitor, 0.1, 0));
        Assert.False(Observe(monitor, 0.05, 1));
        var cut = new EpochMonitor(settings, monitor.Stopping, monitor.Best);
        Assert.False(Observe(cut, 0.1, 2));
        Assert.Equal(2, cut.Stopping.WaitCount);
        Assert.True(Observe(cut, 0.2, 3));
    }

    [Fact]
    public void TheStateOfAnotherValueIsNotTakenOver()
    {
        var monitor = new EpochMonitor(new());
        Observe(monitor, 0.01, 0);
        var other = new EpochMonitor(new() { Monitor = "val_miou", Maximize = true }, monitor.Stopping, monitor.Best);
        Assert.Null(other.Best.Score);
        Assert.True(Observe(other, 0.001, 1));
    }

    [Fact]
    public void APatienceOfZeroBearsEveryBetterEpoch()
    {
        var monitor = new EpochMonitor(new() { EarlyStoppingPatience = 0 });
        Assert.False(monitor.IsExhausted);
        Observe(monitor, 0.9, 0);
        Observe(monitor, 0.8, 1);
        Assert.False(monitor.IsExhausted);
        Observe(monitor, 0.8, 2);
        Assert.True(monitor.IsExhausted);
    }

    private static bool Observe(EpochMonitor monitor, double value, int epoch)
    {
        var best = monitor.Observe(value, epoch);
        if (best)
            monitor.Saved($"epoch{epoch}", "", value);
        return best;
    }
}
