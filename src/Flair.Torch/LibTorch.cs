using System.Runtime.InteropServices;
using Flair.Shared;
using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Process-wide settings and facts of libtorch.</summary>
public static class LibTorch
{
    // The driver's own library; libtorch_cuda finds the devices through it.
    private static readonly Lazy<bool> s_hasDriver = new(() => NativeLibrary.TryLoad("libcuda.so.1", out _));

    [ThreadStatic]
    private static GradMode s_gradMode;

    /// <summary>The version the shim was compiled against, e.g. <c>1.13.0</c>.</summary>
    public static string Version => Marshal.PtrToStringUTF8(Native.Version()) ?? "";

    /// <summary>Threads that one operator may use on the CPU (OpenMP's); 1 or more. Applies to calls of the thread that sets it and to threads started later.</summary>
    /// <exception cref="TorchException">A value below 1.</exception>
    public static int Threads
    {
        get => Native.Check(Native.GetThreads());
        set => Native.Check(Native.SetThreads(value));
    }

    /// <summary>Whether it is in this process already. Everything here but this loads it, which takes half a second and 130 MB.</summary>
    public static bool IsLoaded => NativeLocator.HasLoaded;

    /// <summary>CUDA devices that libtorch can use; 0 where its CUDA part (libtorch_cuda.so), the driver or the device is missing. Without a driver it is not loaded.</summary>
    public static int CudaDeviceCount => s_hasDriver.Value ? Native.Check(Native.CudaDeviceCount()) : 0;

    /// <summary>Why libtorch's CUDA part could not be loaded, in the loader's words; empty where it was.</summary>
    public static string CudaProblem => Marshal.PtrToStringUTF8(Native.CudaProblem()) ?? "";

    /// <summary>Whether this thread's calls record for a backward pass. Every call sets libtorch's own switch from it; do not change it around an <c>await</c>.</summary>
    public static GradMode GradMode
    {
        get => s_gradMode;
        set => s_gradMode = value;
    }

    /// <summary>What the caching allocator of host tensors holds.</summary>
    public static AllocatorStats AllocatorStats
    {
        get
        {
            Native.AllocatorStats(out var used, out var peak, out var cached, out var mapped);
            return new AllocatorStats(used, peak, cached, mapped);
        }
    }

    /// <summary>Seeds the random generators of all devices.</summary>
    public static void Seed(ulong seed) => Native.Check(Native.Seed(seed));

    /// <summary>On CUDA: the same algorithm in every run and full single precision instead of TF32. Nothing changes on the CPU.</summary>
    public static void SetReproducible(bool reproducible) => Native.Check(Native.SetReproducible(reproducible ? 1 : 0));

    /// <summary>Gives the host memory that is kept for reuse back to the system.</summary>
    public static void EmptyCache()
    {
        if (IsLoaded)
            Native.EmptyCache();
    }

    /// <summary>Bounds the host memory that is kept unused for reuse; 2 GiB until set. 0 keeps none.</summary>
    public static void SetCacheLimit(long bytes) => Native.CacheLimit(bytes);
}

/// <summary>The caching allocator of host tensors. Tensors below 64 KiB are malloc's and are not counted.</summary>
/// <param name="UsedBytes">In live tensors.</param>
/// <param name="PeakBytes">The most that live tensors ever used.</param>
/// <param name="CachedBytes">Kept for reuse.</param>
/// <param name="Mappings">How many blocks were asked of the system so far; constant once a workload is warm.</param>
public sealed record AllocatorStats(long UsedBytes, long PeakBytes, long CachedBytes, long Mappings);
