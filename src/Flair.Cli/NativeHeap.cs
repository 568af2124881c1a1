using System.Runtime.InteropServices;

namespace Flair.Cli;

/// <summary>
/// Keeps glibc's heaps few and small. Each thread may get an arena of its own, up to eight a core, and an arena that held decoded blocks once stays as
/// large; and the size from which memory comes from the system, and goes back to it, grows up to 32 MiB by itself. Both together let the largest
/// resident set creep up by a third from 4 tiles to 64.
/// </summary>
internal static partial class NativeHeap
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int ArenaMax = -8;

    /// <summary>Sets the limits; for the arenas made after it, so call it first. Does nothing where there is no glibc; what the user has set stays.</summary>
    public static void Limit()
    {
        Set("MALLOC_ARENA_MAX", ArenaMax, Math.Clamp(Environment.ProcessorCount, 2, 8));
        Set("MALLOC_MMAP_THRESHOLD_", MapThreshold, 3 << 20);
        Set("MALLOC_TRIM_THRESHOLD_", TrimThreshold, 32 << 20);
    }

    private static void Set(string variable, int option, int value)
    {
        if (Environment.GetEnvironmentVariable(variable) is not null)
            return;
        try
        {
            _ = SetMallocOption(option, value);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another libc has no arenas.
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetMallocOption(int option, int value);
}
