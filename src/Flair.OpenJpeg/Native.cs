using System.Runtime.InteropServices;

namespace Flair.OpenJpeg;

/// <summary>OpenJPEG's C functions and structures, by their own names: openjpeg.h of 2.3 to 2.5 (libopenjp2.so.7), 64-bit.</summary>
internal static unsafe partial class Native
{
    public const string Library = "openjp2";

    /// <summary>OPJ_CODEC_JP2: a codestream in boxes.</summary>
    public const int Jp2 = 2;

    /// <summary>sizeof(opj_dparameters_t).</summary>
    public const int ParametersSize = 8252;

    /// <summary>offsetof(opj_dparameters_t, flags).</summary>
    public const int ParametersFlags = 8248;

    /// <summary>OPJ_DPARAMETERS_IGNORE_PCLR_CMAP_CDEF_FLAG: components as they are coded, without palette or reordering.</summary>
    public const uint ComponentsAsCoded = 1;

    [LibraryImport(Library)]
    public static partial nint opj_version();

    [LibraryImport(Library)]
    public static partial nint opj_create_decompress(int format);

    [LibraryImport(Library)]
    public static partial void opj_destroy_codec(nint codec);

    [LibraryImport(Library)]
    public static partial int opj_set_error_handler(Jpeg2000File codec, delegate* unmanaged[Cdecl]<byte*, void*, void> handler, void* user);

    [LibraryImport(Library)]
    public static partial void opj_set_default_decoder_parameters(byte* parameters);

    [LibraryImport(Library)]
    public static partial int opj_setup_decoder(Jpeg2000File codec, byte* parameters);

    [LibraryImport(Library)]
    public static partial int opj_codec_set_threads(Jpeg2000File codec, int threads);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint opj_stream_create_file_stream(string path, nuint bufferSize, int isRead);

    [LibraryImport(Library)]
    public static partial void opj_stream_destroy(nint stream);

    [LibraryImport(Library)]
    public static partial int opj_read_header(nint stream, Jpeg2000File codec, Image** image);

    [LibraryImport(Library)]
    public static partial CodestreamInfo* opj_get_cstr_info(Jpeg2000File codec);

    [LibraryImport(Library)]
    public static partial void opj_destroy_cstr_info(CodestreamInfo** info);

    [LibraryImport(Library)]
    public static partial int opj_get_decoded_tile(Jpeg2000File codec, nint stream, Image* image, uint tile);

    [LibraryImport(Library)]
    public static partial int opj_set_decode_area(Jpeg2000File codec, Image* image, int left, int top, int right, int bottom);

    [LibraryImport(Library)]
    public static partial int opj_decode(Jpeg2000File codec, nint stream, Image* image);

    [LibraryImport(Library)]
    public static partial void opj_image_destroy(Image* image);

    [LibraryImport(Library)]
    public static partial void opj_image_data_free(void* data);

    /// <summary>opj_image_t; rectangles are on the reference grid.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Image
    {
        public uint Left;
        public uint Top;
        public uint Right;
        public uint Bottom;
        public uint ComponentCount;
        public int ColorSpace;
        public Component* Components;
        public nint IccProfile;
        public uint IccProfileLength;
    }

    /// <summary>opj_image_comp_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Component
    {
        public uint StepX;
        public uint StepY;
        public uint Width;
        public uint Height;
        public uint Left;
        public uint Top;
        public uint Precision;
        public uint BitsPerPixel;
        public uint IsSigned;
        public uint DecodedResolutions;
        public uint Factor;
        public int* Data;
        public ushort Alpha;
    }

    /// <summary>The beginning of opj_codestream_info_v2_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CodestreamInfo
    {
        public uint TileLeft;
        public uint TileTop;
        public uint TileWidth;
        public uint TileHeight;
        public uint TileColumns;
        public uint TileRows;
    }
}
