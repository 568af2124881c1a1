namespace Flair.Kernels.Tests;

public sealed class UnusedMemoryTests
{
    private readonly Clock _clock = new();
    private readonly UnusedMemory _unused;

    public UnusedMemoryTests() => _unused = new UnusedMemory(most: 100, patience: TimeSpan.FromSeconds(10), _clock);

    [Fact]
    public void What_was_put_back_last_is_taken_first_by_who_asks_for_as_much()
    {
        Assert.Equal(0, _unused.Take(20));
        Assert.Empty(_unused.Put(1, 20));
        Assert.Empty(_unused.Put(2, 20));
        Assert.Empty(_unused.Put(3, 30));
        Assert.Equal(70, _unused.Bytes);
        Assert.Equal((2, 1, 0), (_unused.Take(20), _unused.Take(20), _unused.Take(20)));
        Assert.Equal(30, _unused.Bytes);
    }

    [Fact]
    public void What_does_not_fit_is_to_be_freed()
    {
        Assert.Empty(_unused.Put(1, 60));
        Assert.Equal([2], _unused.Put(2, 41));
        Assert.Empty(_unused.Put(3, 40));
        Assert.Equal([1, 3], _unused.TakeAll().Order());
        Assert.Equal((0, 0), (_unused.Bytes, _unused.Take(60)));
    }

    [Fact]
    public void What_nobody_asks_for_is_given_up_and_what_is_in_use_stays()
    {
        _unused.Put(1, 20);
        _unused.Put(9, 30);
        for (var second = 1; second <= 10; second++)
        {
            _clock.Now += TimeSpan.FromSeconds(1);
            // One window at a time: the second memory of its size serves again and again.
            Assert.Empty(_unused.Put(2, 20));
            Assert.Equal(2, _unused.Take(20));
        }

        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal([1, 9], _unused.Put(2, 20).Order());
        Assert.Equal((20, 2), (_unused.Bytes, _unused.Take(20)));
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
