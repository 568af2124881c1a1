namespace Flair.Kernels.Tests;

public sealed class HostBufferTests
{
    [Theory]
    [InlineData(1, 64)]
    [InlineData(100_000, 64)]
    [InlineData(5 << 20, 2 << 20)]
    public void Memory_is_aligned_and_can_be_written(int length, int alignment)
    {
        using var buffer = HostBuffer.Take(length);
        Assert.Equal((length, 0), (buffer.Length, buffer.Pointer % alignment));
        buffer.AsSpan<byte>(0, length).Fill(7);
        Assert.Equal(7, buffer.AsSpan<byte>(length - 1, 1)[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan<byte>(1, length).Clear());
    }

    [Fact]
    public void What_is_disposed_of_serves_the_next_who_asks_for_as_much()
    {
        const int Length = 123_457;
        var first = HostBuffer.Take(Length);
        using var second = HostBuffer.Take(Length);
        var place = first.Pointer;
        Assert.NotEqual(place, second.Pointer);
        first.Dispose();
        using (var other = HostBuffer.Take(Length + 1))
            Assert.NotEqual(place, other.Pointer);
        using var again = HostBuffer.Take(Length);
        Assert.Equal(place, again.Pointer);
    }

    [Fact]
    public void What_is_kept_unused_is_bounded_and_given_back_when_asked_for()
    {
        HostBuffer.ReleaseUnused();
        Assert.Equal(0, HostBuffer.UnusedBytes);
        // Never touched, so they take address space only.
        var buffers = Enumerable.Range(0, 5).Select(_ => HostBuffer.Take(300 << 20)).ToArray();
        foreach (var buffer in buffers)
            buffer.Dispose();
        Assert.Equal(3L * (300 << 20), HostBuffer.UnusedBytes);
        Assert.InRange(HostBuffer.UnusedBytes, 1, HostBuffer.MostUnused);
        HostBuffer.ReleaseUnused();
        Assert.Equal(0, HostBuffer.UnusedBytes);
    }

    [Fact]
    public void What_no_machine_has_is_refused()
    {
        var refused = Assert.Throws<InsufficientMemoryException>(() => HostBuffer.Take(1L << 60));
        Assert.Contains("out of memory", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => HostBuffer.Take(0));
    }
}
