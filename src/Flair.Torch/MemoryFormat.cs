namespace Flair.Torch;

/// <summary>The order of a tensor's elements in memory, by libtorch's numbers (c10/core/MemoryFormat.h).</summary>
public enum MemoryFormat
{
    /// <summary>Row-major: the last dimension varies fastest.</summary>
    Contiguous = 0,

    /// <summary>As the source has it.</summary>
    Preserve = 1,

    /// <summary>Of an [n,c,h,w] tensor the channels vary fastest (NHWC), which is what oneDNN and tensor cores like.</summary>
    ChannelsLast = 2,
}
