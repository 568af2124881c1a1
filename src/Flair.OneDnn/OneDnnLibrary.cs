using System.Runtime.InteropServices;
using Flair.OneDnn.Interop;

namespace Flair.OneDnn;

/// <summary>What oneDNN is there, and what it can do on this processor.</summary>
public static class OneDnnLibrary
{
    private static readonly Lazy<bool> s_available = new(() =>
    {
        try
        {
            return Native.Version() != 0;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    });

    /// <summary>Whether the binding and oneDNN itself could be loaded.</summary>
    public static bool IsAvailable => s_available.Value;

    /// <summary>Its version, e.g. <c>2.6.3</c>.</summary>
    public static string Version => Marshal.PtrToStringUTF8(Native.Version()) ?? "";

    /// <summary>Whether the processor multiplies bfloat16 itself (AVX-512 BF16, AMX).</summary>
    public static bool HasBFloat16 => IsAvailable && Native.HasBFloat16() != 0;

    /// <summary>Whether the processor multiplies bytes in vectors (AVX2 or more). Without VNNI the sums of pairs saturate, see <see cref="Operation.LargestPair"/>.</summary>
    public static bool HasInt8 => IsAvailable && Native.HasInt8() != 0;

    /// <summary>
    /// Whether it multiplies four of them and adds them up in one instruction (AVX-512 VNNI, AVX-VNNI, AMX). Where it does not, bytes are no
    /// faster than single precision, whose convolutions take a third to a quarter of the multiplications there.
    /// </summary>
    public static bool HasVnni => IsAvailable && Native.HasVnni() != 0;

    /// <summary>
    /// How many threads operations use that this thread creates or runs. Threads that each run windows of their own want 1: teams of
    /// threads wait for each other at the end of each operation, single ones do not.
    /// </summary>
    /// <param name="count">1 or more.</param>
    public static void UseThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Native.SetThreads(count);
    }
}
