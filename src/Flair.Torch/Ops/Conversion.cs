using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Element type, device and memory order. Each returns its input, as another reference, where nothing changes.</summary>
public static class Conversion
{
    private static readonly Op s_toType = new("aten::to", "dtype");
    private static readonly Op s_toDevice = new("aten::to", "device");
    private static readonly Op s_contiguous = new("aten::contiguous");
    private static readonly Op s_clone = new("aten::clone");
    private static readonly Op s_copy = new("aten::copy_");

    /// <summary>The values as another element type, rounded to nearest even.</summary>
    public static Tensor To(this Tensor input, TorchScalarType type) => s_toType.Run(input, type);

    /// <summary>The values on another device, as another element type, in another order: one copy for all three.</summary>
    public static Tensor To(this Tensor input, string device, TorchScalarType type, MemoryFormat format = MemoryFormat.Preserve) =>
        s_toDevice.Run(input, device, type, false, false, format);

    /// <summary>The values on another device.</summary>
    public static Tensor To(this Tensor input, string device) => s_toDevice.Run(input, device, input.ScalarType);

    /// <summary>The values densely in that order.</summary>
    public static Tensor Contiguous(this Tensor input, MemoryFormat format = MemoryFormat.Contiguous) => s_contiguous.Run(input, format);

    /// <summary>A copy that shares no memory.</summary>
    public static Tensor Clone(this Tensor input) => s_clone.Run(input);

    /// <summary>Overwrites the tensor with <paramref name="source"/>, broadcast to its shape, converted to its type and device.</summary>
    /// <param name="input">The tensor; changed.</param>
    /// <param name="source">The values.</param>
    /// <param name="queued">
    /// True to return before a copy from pinned memory to a device is done; the source may be disposed of, but must not be overwritten until then
    /// (<see cref="DeviceEvent"/>).
    /// </param>
    public static Tensor Copy_(this Tensor input, Tensor source, bool queued = false) => s_copy.RunInPlace(input, source, queued);
}
