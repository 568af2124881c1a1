namespace Flair.Torch.Tests;

public sealed class RuntimeTests
{
    [Fact]
    public void TheVersionIsThatOfALibtorch() => Assert.Matches(@"^\d+\.\d+", LibTorch.Version);

    [Fact]
    public void AskingForCudaNeverFails() => Assert.InRange(LibTorch.CudaDeviceCount, 0, 64);

    [Fact]
    public void ThreadsCanBeSet()
    {
        var before = LibTorch.Threads;
        LibTorch.Threads = 1;
        Assert.Equal(1, LibTorch.Threads);
        LibTorch.Threads = before;
        Assert.Throws<TorchException>(() => LibTorch.Threads = 0);
    }

    [Fact]
    public void FreedMemoryIsUsedAgainAndCanBeGivenBack()
    {
        Creation.Zeros([3, 1000, 1000]).Dispose();
        var warm = LibTorch.AllocatorStats;
        for (var i = 0; i < 10; i++)
            Creation.Zeros([3, 1000, 1000]).Dispose();
        var after = LibTorch.AllocatorStats;
        Assert.InRange(after.Mappings - warm.Mappings, 0, 9);
        Assert.True(after.CachedBytes >= 12_000_000);
        Assert.True(after.PeakBytes >= 12_000_000);
        LibTorch.EmptyCache();
        Assert.True(LibTorch.AllocatorStats.CachedBytes < after.CachedBytes);
    }

    [Fact]
    public void ASlotFreesWhatItReplaces()
    {
        var first = Creation.Zeros([2]);
        using var slot = new TensorSlot(first);
        slot.Put(slot.Value.Relu());
        Assert.True(first.IsClosed);
        var last = slot.Value;
        using var taken = slot.Take();
        Assert.Same(last, taken);
        Assert.Throws<InvalidOperationException>(() => slot.Value);
    }
}
