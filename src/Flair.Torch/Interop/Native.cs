using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Flair.Torch.Interop;

/// <summary>The functions of <c>libflair_torch.so</c>; see shim/flair_torch.h.</summary>
internal static unsafe partial class Native
{
    private const string Library = "flair_torch";

    [LibraryImport(Library, EntryPoint = "flair_last_error")]
    private static partial nint LastErrorPointer();

    [LibraryImport(Library, EntryPoint = "flair_version")]
    public static partial nint Version();

    [LibraryImport(Library, EntryPoint = "flair_get_threads")]
    public static partial int GetThreads();

    [LibraryImport(Library, EntryPoint = "flair_set_threads")]
    public static partial int SetThreads(int count);

    [LibraryImport(Library, EntryPoint = "flair_seed")]
    public static partial int Seed(ulong seed);

    [LibraryImport(Library, EntryPoint = "flair_cuda_device_count")]
    public static partial int CudaDeviceCount();

    [LibraryImport(Library, EntryPoint = "flair_cuda_problem")]
    public static partial nint CudaProblem();

    [LibraryImport(Library, EntryPoint = "flair_set_reproducible")]
    public static partial int SetReproducible(int reproducible);

    [LibraryImport(Library, EntryPoint = "flair_cache_limit")]
    public static partial void CacheLimit(long bytes);

    [LibraryImport(Library, EntryPoint = "flair_empty_cache")]
    public static partial void EmptyCache();

    [LibraryImport(Library, EntryPoint = "flair_allocator_stats")]
    public static partial void AllocatorStats(out long used, out long peak, out long cached, out long mapped);

    [LibraryImport(Library, EntryPoint = "flair_find_op", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint FindOp(string name, string overload);

    [LibraryImport(Library, EntryPoint = "flair_call")]
    public static partial int Call(nint op, NativeValue* args, int argCount, GradMode gradMode, NativeValue* results, int capacity);

    [LibraryImport(Library, EntryPoint = "flair_tensor_from_host")]
    public static partial nint FromHost(void* data, long* sizes, int dims, TorchScalarType type);

    [LibraryImport(Library, EntryPoint = "flair_tensor_to_host")]
    public static partial int ToHost(Tensor tensor, void* data, long bytes);

    [LibraryImport(Library, EntryPoint = "flair_tensor_free")]
    public static partial void Free(nint tensor);

    [LibraryImport(Library, EntryPoint = "flair_tensor_dims")]
    public static partial int Dims(Tensor tensor);

    [LibraryImport(Library, EntryPoint = "flair_tensor_sizes")]
    public static partial int Sizes(Tensor tensor, long* sizes, long* strides);

    [LibraryImport(Library, EntryPoint = "flair_tensor_dtype")]
    public static partial int ScalarType(Tensor tensor);

    [LibraryImport(Library, EntryPoint = "flair_tensor_device")]
    public static partial int Device(Tensor tensor, out int type, out int index);

    [LibraryImport(Library, EntryPoint = "flair_tensor_is_contiguous")]
    public static partial int IsContiguous(Tensor tensor, MemoryFormat format);

    [LibraryImport(Library, EntryPoint = "flair_tensor_data")]
    public static partial nint Data(Tensor tensor);

    [LibraryImport(Library, EntryPoint = "flair_stream_new", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint NewStream(string device);

    [LibraryImport(Library, EntryPoint = "flair_stream_free")]
    public static partial void FreeStream(nint stream);

    [LibraryImport(Library, EntryPoint = "flair_stream_swap")]
    public static partial int SwapStream(DeviceStream stream);

    [LibraryImport(Library, EntryPoint = "flair_event_after")]
    public static partial nint EventAfter(Tensor tensor);

    [LibraryImport(Library, EntryPoint = "flair_event_free")]
    public static partial void FreeEvent(nint deviceEvent);

    [LibraryImport(Library, EntryPoint = "flair_event_hold_back")]
    public static partial int HoldBack(DeviceEvent deviceEvent);

    [LibraryImport(Library, EntryPoint = "flair_event_wait")]
    public static partial int Wait(DeviceEvent deviceEvent);

    [LibraryImport(Library, EntryPoint = "flair_tensor_used_here")]
    public static partial int UsedHere(Tensor tensor);

    [LibraryImport(Library, EntryPoint = "flair_requires_grad")]
    public static partial int RequiresGrad(Tensor tensor, int requiresGrad);

    [LibraryImport(Library, EntryPoint = "flair_backward")]
    public static partial int Backward(Tensor tensor);

    [LibraryImport(Library, EntryPoint = "flair_grad")]
    public static partial nint Grad(Tensor tensor);

    [LibraryImport(Library, EntryPoint = "flair_clear_grad")]
    public static partial int ClearGrad(Tensor tensor);

    /// <summary>Passes a result on; a negative one is a failure.</summary>
    /// <exception cref="TorchException">With libtorch's message.</exception>
    public static int Check(int result, [CallerMemberName] string what = "") => result >= 0 ? result : throw Failure(what);

    /// <summary>Whether the last call of this thread left a failure, for those that may return nothing without one.</summary>
    public static bool HasFailed => Marshal.PtrToStringUTF8(LastErrorPointer()) is { Length: > 0 };

    /// <summary>The failure that the last call of this thread left, as an exception.</summary>
    public static TorchException Failure(string what)
    {
        var message = Marshal.PtrToStringUTF8(LastErrorPointer()) ?? "unknown error";
        return new TorchException($"libtorch: {what}: {message.Split('\n')[0].Trim()}");
    }
}
