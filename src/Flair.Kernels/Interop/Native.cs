using System.Runtime.InteropServices;

namespace Flair.Kernels.Interop;

/// <summary>The functions of <c>libflair_kernels.so</c>; see shim/flair_kernels.h.</summary>
internal static unsafe partial class Native
{
    private const string Library = "flair_kernels";

    [LibraryImport(Library, EntryPoint = "flair_allocate")]
    public static partial nint Allocate(long bytes);

    [LibraryImport(Library, EntryPoint = "flair_free")]
    public static partial void Free(nint memory);

    [LibraryImport(Library, EntryPoint = "flair_blend")]
    public static partial void Blend(NativeImage* logits, float* weights, long weightsStride, NativeImage* sums, int threads);

    [LibraryImport(Library, EntryPoint = "flair_finish")]
    public static partial void Finish(NativeImage* sums, byte* active, int nodata, int clear, NativeFinished* to, int threads);
}

/// <summary><c>flair_image</c> of the shim.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeImage
{
    public nint Values;
    public long Classes, Rows, Columns;
    public long ClassStride, RowStride, ColumnStride;
}

/// <summary><c>flair_finished</c> of the shim.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeFinished
{
    public byte* Classes, Confidence, Probabilities;
    public long RowStride, ClassStride;
}
