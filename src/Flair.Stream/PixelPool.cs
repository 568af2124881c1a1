using System.Buffers;

namespace Flair;

/// <summary>
/// Arrays for pixels that one block hands to the next. The runtime's shared pool keeps arrays for each thread and each core, so that what it
/// holds grows with the number of threads that happen to have worked; this one keeps a fixed number of each size for all.
/// </summary>
internal static class PixelPool
{
    private const int LargestKept = 1 << 26;
    private const int KeptOfEachSize = 32;

    /// <summary>The pool.</summary>
    public static ArrayPool<byte> Shared { get; } = ArrayPool<byte>.Create(LargestKept, KeptOfEachSize);
}
