namespace Flair.Torch.Tests;

/// <summary>On the CPU streams and events do nothing, and so code that is written for CUDA runs.</summary>
public sealed class DeviceStreamTests
{
    [Fact]
    public void WhatIsQueuedOnTheHostIsThere()
    {
        using var source = Creation.Full([3], 7);
        using var target = Creation.Zeros([3]);
        using var stream = new DeviceStream("cpu");
        DeviceEvent copied;
        using (stream.Enter())
        {
            target.Copy_(source, queued: true);
            copied = DeviceEvent.After(target);
        }

        using (copied)
        {
            copied.HoldBack();
            copied.Wait();
        }

        target.UsedHere();
        Assert.Equal([7, 7, 7], target.ToArray<float>());
    }

    [Fact]
    public void ADeviceThatIsNotThereIsRefused()
    {
        Assert.Throws<TorchException>(() => new DeviceStream("cuda:63"));
        Assert.StartsWith("libtorch: stream: ", Assert.Throws<TorchException>(() => new DeviceStream("gpu")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PinnedMemoryNeedsCuda()
    {
        if (LibTorch.CudaDeviceCount > 0)
        {
            using var pinned = Creation.Pinned([2, 3], TorchScalarType.UInt8);
            Assert.Equal([2L, 3L], pinned.Shape);
            Assert.Empty(LibTorch.CudaProblem);
        }
        else
        {
            Assert.Throws<TorchException>(() => Creation.Pinned([2, 3], TorchScalarType.UInt8));
        }
    }
}
