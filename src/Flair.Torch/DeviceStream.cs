using System.Runtime.InteropServices;
using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>
/// A queue of work on a device, beside the device's default one: what is given to two streams may run at the same time and in any order, unless a
/// <see cref="DeviceEvent"/> says otherwise. On the CPU, where operators are done when they return, it does nothing. One thread at a time.
/// </summary>
public sealed class DeviceStream : SafeHandle
{
    /// <summary>Takes a stream of the device's pool.</summary>
    /// <param name="device"><c>cpu</c>, or a CUDA device with its number, e.g. <c>cuda:0</c>.</param>
    /// <exception cref="TorchException">The device is not there.</exception>
    public DeviceStream(string device)
        : base(0, ownsHandle: true)
    {
        var stream = Native.NewStream(device);
        if (stream == 0)
            throw Native.Failure("stream");
        SetHandle(stream);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Until it is left, this thread's operators on the device are given to this stream. Leave it on the same thread.</summary>
    public Stay Enter()
    {
        Native.Check(Native.SwapStream(this), "stream");
        return new Stay(this);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Native.FreeStream(handle);
        return true;
    }

    /// <summary>A thread's use of a stream.</summary>
    /// <param name="stream">The stream.</param>
    public readonly struct Stay(DeviceStream stream) : IDisposable
    {
        /// <summary>Gives the thread the stream that it had before.</summary>
        public void Dispose() => Native.Check(Native.SwapStream(stream), "stream");
    }
}
