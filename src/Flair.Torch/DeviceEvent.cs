using System.Runtime.InteropServices;
using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>
/// A point in what a stream of a device was given: operators on CUDA return when they are queued, and this says when they are done. On the CPU they are
/// done when they return, and so is the event.
/// </summary>
public sealed class DeviceEvent : SafeHandle
{
    private DeviceEvent(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The point after all that this thread has given to its current stream on a tensor's device.</summary>
    public static DeviceEvent After(Tensor tensor) =>
        Native.EventAfter(tensor) is var made && made != 0 ? new DeviceEvent(made) : throw Native.Failure("event");

    /// <summary>Lets what this thread gives to its current stream on the device from now on begin after the event. Returns at once.</summary>
    public void HoldBack() => Native.Check(Native.HoldBack(this), "event");

    /// <summary>Waits for the event.</summary>
    /// <exception cref="TorchException">An operator before it failed on the device.</exception>
    public void Wait() => Native.Check(Native.Wait(this), "event");

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Native.FreeEvent(handle);
        return true;
    }
}
