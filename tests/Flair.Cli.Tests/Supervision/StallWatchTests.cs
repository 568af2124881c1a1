using Flair.Cli.Supervision;
using Flair.Source;

namespace Flair.Cli.Tests.Supervision;

public sealed class StallWatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly StallWatch _watch = new(2 * Second);

    [Fact]
    public void WhatStaysAsLongAsTheLimitIsStalledAndWhatMovesIsNot()
    {
        DecodeEntry stays = new(0, 1, DecodePhase.Decoding, "a.jp2");
        for (var look = 0; look < 3; look++)
            Assert.Empty(_watch.Look([stays, stays with { Slot = 1, Number = look + 2 }], Second, 3 * Second));
        Assert.Equal([stays], _watch.Look([stays, stays with { Slot = 1, Number = 9 }], Second, 3 * Second));
    }

    [Fact]
    public void AnHourInWhichNobodyLookedIsNotTheInputs()
    {
        DecodeEntry[] active = [new(0, 1, DecodePhase.Decoding, "a.jp2")];
        Assert.Empty(_watch.Look(active, Second, 3 * Second));
        Assert.Empty(_watch.Look(active, TimeSpan.FromHours(1), 3 * Second));
        Assert.Single(_watch.Look(active, Second, 3 * Second));
    }

    [Fact]
    public void WithoutALimitNothingStalls()
    {
        DecodeEntry[] active = [new(0, 1, DecodePhase.Opening, "a.jp2")];
        for (var look = 0; look < 100; look++)
            Assert.Empty(_watch.Look(active, Second, TimeSpan.Zero));
    }
}
