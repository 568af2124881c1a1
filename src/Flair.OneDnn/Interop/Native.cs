using System.Runtime.InteropServices;

namespace Flair.OneDnn.Interop;

/// <summary>The functions of <c>libflair_onednn.so</c>; see shim/flair_onednn.h.</summary>
internal static unsafe partial class Native
{
    private const string Library = "flair_onednn";

    [LibraryImport(Library, EntryPoint = "flair_onednn_last_error")]
    private static partial nint LastErrorPointer();

    [LibraryImport(Library, EntryPoint = "flair_onednn_version")]
    public static partial nint Version();

    [LibraryImport(Library, EntryPoint = "flair_onednn_has_bfloat16")]
    public static partial int HasBFloat16();

    [LibraryImport(Library, EntryPoint = "flair_onednn_has_int8")]
    public static partial int HasInt8();

    [LibraryImport(Library, EntryPoint = "flair_onednn_has_vnni")]
    public static partial int HasVnni();

    [LibraryImport(Library, EntryPoint = "flair_onednn_set_threads")]
    public static partial void SetThreads(int count);

    [LibraryImport(Library, EntryPoint = "flair_convolution_create")]
    public static partial nint CreateConvolution(NativeConvolution* what, void* kernel, float* bias, float* scale);

    [LibraryImport(Library, EntryPoint = "flair_pool_create")]
    public static partial nint CreatePool(int kernel, int channels, int inRows, int inColumns, MapType type);

    [LibraryImport(Library, EntryPoint = "flair_operation_scratchpad")]
    public static partial long Scratchpad(Operation operation);

    [LibraryImport(Library, EntryPoint = "flair_operation_kernel")]
    public static partial nint Kernel(Operation operation);

    [LibraryImport(Library, EntryPoint = "flair_operation_run")]
    public static partial int Run(Operation operation, OperationMaps* images, int count, void* scratchpad);

    [LibraryImport(Library, EntryPoint = "flair_operation_free")]
    public static partial void Free(nint operation);

    [LibraryImport(Library, EntryPoint = "flair_upsample_beside")]
    public static partial void UpsampleBeside(NativePart* parts, int count, int elementBytes, int row, int column, int rows, int columns, void* output);

    [LibraryImport(Library, EntryPoint = "flair_interpolate")]
    public static partial void Interpolate(NativeInterpolation* what, NativePart* part, void* output);

    [LibraryImport(Library, EntryPoint = "flair_add")]
    public static partial void Add(NativePart* other, MapType type, int row, int column, int rows, int columns, void* map);

    [LibraryImport(Library, EntryPoint = "flair_group_norm")]
    public static partial void GroupNorm(void* map, MapType type, long pixels, int channels, int groups, float* weight, float* bias, float epsilon);

    [LibraryImport(Library, EntryPoint = "flair_layer_norm")]
    public static partial void LayerNorm(void* input, MapType type, long pixels, int channels, float* weight, float* bias, float epsilon, void* output);

    [LibraryImport(Library, EntryPoint = "flair_depthwise_convolution")]
    public static partial void DepthwiseConvolution(NativeDepthwise* what, NativePart* part, float* taps, float* bias, void* output);

    [LibraryImport(Library, EntryPoint = "flair_attention")]
    public static partial void Attention(void* queries, void* keysValues, MapType type, int queryCount, int keyCount, int channels, int heads, void* output);

    [LibraryImport(Library, EntryPoint = "flair_grid_mean")]
    public static partial void GridMean(void* input, MapType type, int rows, int columns, int channels, int grid, float* mean);

    [LibraryImport(Library, EntryPoint = "flair_weigh_channels")]
    public static partial void WeighChannels(float* weights, MapType type, long pixels, int channels, void* map);

    [LibraryImport(Library, EntryPoint = "flair_weigh_pixels")]
    public static partial void WeighPixels(NativePart* weights, MapType type, int row, int column, int rows, int columns, int channels, void* map);

    [LibraryImport(Library, EntryPoint = "flair_position_attention")]
    public static partial void PositionAttention(
        void* input, void* queries, void* keys, void* values, MapType type, int positions, int width, int channels, void* output);

    [LibraryImport(Library, EntryPoint = "flair_quantize")]
    public static partial void Quantize(void* input, MapType inputType, long pixels, int channels, float* inverseStep, byte* output);

    [LibraryImport(Library, EntryPoint = "flair_pack_pixels")]
    public static partial void PackPixels(byte* input, int size, int channels, byte* border, byte* output);

    [LibraryImport(Library, EntryPoint = "flair_look_up")]
    public static partial void LookUp(byte* input, long pixels, int channels, int elementBytes, void* tables, void* output);

    /// <summary>The failure that the last call of this thread left, as an exception.</summary>
    public static OneDnnException Failure(string what) => new($"oneDNN: {what}: {Marshal.PtrToStringUTF8(LastErrorPointer()) ?? "unknown error"}");
}

/// <summary><c>flair_convolution</c> of the shim.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeConvolution
{
    public int InChannels, InRows, InColumns;
    public int OutChannels, OutRows, OutColumns;
    public int Kernel, Stride, Dilation;
    public int Top, Left, Bottom, Right;
    public MapType InType, KernelType, OutType, SumType;
    public float SumScale;
    public MapType AddedType;
    public int Relu;
    public int Transposed;
    public int Threads;
    public int Images;
}

/// <summary><c>flair_interpolation</c> of the shim.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeInterpolation
{
    public MapType InType, Type;
    public int InRows, InColumns;
    public int OutRows, OutColumns;
    public int Row, Column, Rows, Columns;
    public int Add;
}

/// <summary><c>flair_depthwise</c> of the shim.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeDepthwise
{
    public MapType Type;
    public int InRows, InColumns;
    public int Dilation;
    public int Row, Column, Rows, Columns;
    public int Gelu;
}

/// <summary><c>flair_part</c> of the shim.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativePart
{
    public nint Data;
    public int Channels, Row, Column, Columns;
}
