using Flair.Kernels;
using Flair.Torch;

namespace Flair.Inference;

/// <summary>The memory that networks and canvases take on the host.</summary>
internal static class HostMemory
{
    /// <summary>Gives what is kept for reuse back to the system.</summary>
    public static void ReleaseUnused()
    {
        HostBuffer.ReleaseUnused();
        LibTorch.EmptyCache();
    }
}
