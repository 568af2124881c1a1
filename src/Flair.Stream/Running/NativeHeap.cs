using System.Runtime;
using System.Runtime.InteropServices;

namespace Flair.Running;

/// <summary>
/// Keeps glibc's heaps few and small. Each thread may get an arena of its own, up to eight a core, and an arena that held decoded blocks once stays as
/// large; and the size from which memory comes from the system, and goes back to it, grows up to 32 MiB by itself. Both together let the largest
/// resident set creep up by a third from 4 tiles to 64. A network on the CPU takes so much longer than decoding that the page faults cost nothing there.
/// </summary>
public static partial class NativeHeap
{
    /// <summary>Milliseconds.</summary>
    private const long TrimInterval = 5000;

    /// <summary>The environment variable that limits the arenas of a process from its first thread on; the runtime starts some before <see cref="Limit"/> can be called.</summary>
    public const string ArenasVariable = "MALLOC_ARENA_MAX";

    private static long _trimmed = long.MinValue / 2;

    // malloc.h
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int ArenaMax = -8;

    /// <summary>How many arenas there should be.</summary>
    public static int Arenas => Math.Clamp(Environment.ProcessorCount / 4, 1, 8);

    /// <summary>Sets the limits; for the arenas made after it, so call it first. Does nothing where there is no glibc; what the user has set stays.</summary>
    public static void Limit()
    {
        Set(ArenasVariable, ArenaMax, Arenas);
        Set("MALLOC_MMAP_THRESHOLD_", MapThreshold, 1 << 20);
        Set("MALLOC_TRIM_THRESHOLD_", TrimThreshold, 32 << 20);
    }

    /// <summary>
    /// Keeps large buffers on the heap from now on, where the same pages serve again: decoding and writing run faster by a sixth to a half, which tells where
    /// the network is no limit, as on a GPU, and the largest resident set grows by some 10 % over many tiles.
    /// </summary>
    public static void FavourSpeed() => Set("MALLOC_MMAP_THRESHOLD_", MapThreshold, 32 << 20);

    /// <summary>Gives back what only the loading of a model needed, in the managed heap too.</summary>
    public static void EndLoading()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Trim();
    }

    /// <summary>
    /// Gives the pages of freed memory back, at most once in some seconds, as finding them costs time. Decoded blocks and rows of a raster
    /// have all sizes, so that what one tile frees is seldom what the next one asks for: without this, the heaps grow for a hundred tiles.
    /// </summary>
    public static void Trim()
    {
        var now = Environment.TickCount64;
        var last = Interlocked.Read(ref _trimmed);
        if (now - last < TrimInterval || Interlocked.CompareExchange(ref _trimmed, now, last) != last)
            return;
        try
        {
            _ = TrimAll(0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another libc.
        }
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

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int TrimAll(nuint pad);

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetMallocOption(int option, int value);
}
