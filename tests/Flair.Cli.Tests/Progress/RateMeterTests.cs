using Flair.Cli.Progress;

namespace Flair.Cli.Tests.Progress;

public sealed class RateMeterTests
{
    [Fact]
    public void TheTimeLeftIsUnknownUntilFiveSecondsWithWindows()
    {
        var meter = new RateMeter();
        Assert.Null(meter.Remaining());
        meter.Add(Runs.At(0, 0));
        meter.Add(Runs.At(4.9, 10));
        Assert.Null(meter.Remaining());
        meter.Add(Runs.At(5, 10));
        Assert.Equal(TimeSpan.FromSeconds(45), meter.Remaining());
    }

    [Fact]
    public void ARunThatStandsStillHasNoTimeLeft()
    {
        var meter = new RateMeter();
        meter.Add(Runs.At(0, 10));
        meter.Add(Runs.At(30, 10));
        Assert.Null(meter.Remaining());
    }

    [Fact]
    public void OnlyTheLastMinuteCounts()
    {
        var meter = new RateMeter();
        for (var second = 0; second <= 100; second++)
            meter.Add(Runs.At(second, second <= 40 ? 0 : (second - 40) / 2));
        Assert.Equal(0.5, meter.WindowRate());
        Assert.Equal(TimeSpan.FromSeconds(140), meter.Remaining());
    }

    [Fact]
    public void RatesOfABlock()
    {
        var meter = new RateMeter();
        meter.Add(Runs.At(10, 0, Runs.Block("read", 5, 1, 100, 1000)));
        meter.Add(Runs.At(20, 0, Runs.Block("read", 20, 2, 150, 6000)));
        var read = Assert.Single(meter.Blocks());
        Assert.Equal((5.0, 500.0, 1.5, 0.1), (read.Items, read.Bytes, read.Busy, read.Waiting));
    }

    [Theory]
    [InlineData("inference", 2, 8, 9, 0, 1, 0)] // read waits for inference
    [InlineData("write", 2, 8, 5, 5, 9, 0)] // both wait for write
    [InlineData("write", 2, 8, 1, 0, 9, 0)] // read waits, and not for inference, which is idle
    [InlineData("read", 9, 0, 4, 0, 1, 0)] // nobody waits: the busiest
    [InlineData("inference", 2, 8, 9, 0.2, 0.1, 0)] // what waits for a moment only does not count
    [InlineData("inference", 19, 1, 20, 0, 1, 0)] // a little waiting is none
    [InlineData("inference", 1, 9, 17, 5, 3, 0)] // it waits for one that idles: for bursts
    [InlineData("write", 0, 0, 0, 0, 3, 0)] // the only one that did anything
    public void TheBottleneckIsWhatOthersWaitFor(string name, double readBusy, double readWaits, double inferenceBusy, double inferenceWaits, double writeBusy, double writeWaits) =>
        Assert.Equal(name, RateMeter.Bottleneck(RateMeter.WholeRun(Runs.At(10, 0, Runs.Block("read", readBusy, readWaits), Runs.Block("inference", inferenceBusy, inferenceWaits), Runs.Block("write", writeBusy, writeWaits))))!.Block.Name);

    [Fact]
    public void NothingDoneHasNoBottleneck() => Assert.Null(RateMeter.Bottleneck(RateMeter.WholeRun(Runs.At(1, 0, Runs.Block("read", 0, 0)))));
}
