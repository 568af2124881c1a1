using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>GDAL's C functions, by their own names: gdal.h, cpl_error.h, cpl_conv.h, cpl_vsi.h.</summary>
internal static unsafe partial class Native
{
    public const string Library = "gdal";

    [LibraryImport(Library)]
    public static partial void GDALAllRegister();

    [LibraryImport(Library)]
    public static partial nint CPLSetErrorHandlerEx(delegate* unmanaged[Cdecl]<int, int, byte*, void> handler, void* user);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void CPLSetConfigOption(string key, string? value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void CPLSetThreadLocalConfigOption(string key, string? value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALVersionInfo(string request);

    [LibraryImport(Library)]
    public static partial void GDALSetCacheMax64(long bytes);

    // GDALRasterBlock::EnterDisableDirtyBlockFlush()
    [LibraryImport(Library, EntryPoint = "_ZN15GDALRasterBlock27EnterDisableDirtyBlockFlushEv")]
    public static partial void EnterDisableDirtyBlockFlush();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALGetDriverByName(string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALOpenEx(string path, uint flags, byte** drivers, byte** options, byte** siblings);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALCreate(nint driver, string path, int width, int height, int bands, int type, byte** options);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALCreateCopy(
        nint driver, string path, Raster source, int strict, byte** options, delegate* unmanaged[Cdecl]<double, byte*, void*, int> progress, void* user);

    [LibraryImport(Library)]
    public static partial void GDALClose(nint dataset);

    [LibraryImport(Library)]
    public static partial void GDALFlushCache(Raster dataset);

    [LibraryImport(Library)]
    public static partial nint GDALGetDatasetDriver(Raster dataset);

    [LibraryImport(Library)]
    public static partial nint GDALGetDriverShortName(nint driver);

    [LibraryImport(Library)]
    public static partial int GDALGetRasterXSize(Raster dataset);

    [LibraryImport(Library)]
    public static partial int GDALGetRasterYSize(Raster dataset);

    [LibraryImport(Library)]
    public static partial int GDALGetRasterCount(Raster dataset);

    [LibraryImport(Library)]
    public static partial int GDALGetGeoTransform(Raster dataset, double* six);

    [LibraryImport(Library)]
    public static partial int GDALSetGeoTransform(Raster dataset, double* six);

    [LibraryImport(Library)]
    public static partial nint GDALGetProjectionRef(Raster dataset);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GDALSetProjection(Raster dataset, string wkt);

    [LibraryImport(Library)]
    public static partial nint GDALGetRasterBand(Raster dataset, int band);

    [LibraryImport(Library)]
    public static partial int GDALGetRasterDataType(nint band);

    [LibraryImport(Library)]
    public static partial void GDALGetBlockSize(nint band, out int width, out int height);

    [LibraryImport(Library)]
    public static partial int GDALReadBlock(nint band, int column, int row, void* target);

    [LibraryImport(Library)]
    public static partial int GDALGetDataTypeSizeBits(int type);

    [LibraryImport(Library)]
    public static partial double GDALGetRasterNoDataValue(nint band, out int set);

    [LibraryImport(Library)]
    public static partial int GDALSetRasterNoDataValue(nint band, double value);

    [LibraryImport(Library)]
    public static partial int GDALGetRasterColorInterpretation(nint band);

    [LibraryImport(Library)]
    public static partial int GDALSetRasterColorInterpretation(nint band, int interpretation);

    [LibraryImport(Library)]
    public static partial nint GDALGetRasterColorTable(nint band);

    [LibraryImport(Library)]
    public static partial int GDALSetRasterColorTable(nint band, nint table);

    [LibraryImport(Library)]
    public static partial nint GDALCreateColorTable(int palette);

    [LibraryImport(Library)]
    public static partial void GDALDestroyColorTable(nint table);

    [LibraryImport(Library)]
    public static partial int GDALGetColorEntryCount(nint table);

    [LibraryImport(Library)]
    public static partial int GDALGetColorEntryAsRGB(nint table, int index, short* four);

    [LibraryImport(Library)]
    public static partial void GDALSetColorEntry(nint table, int index, short* four);

    [LibraryImport(Library)]
    public static partial byte** GDALGetRasterCategoryNames(nint band);

    [LibraryImport(Library)]
    public static partial nint GDALGetDescription(nint thing);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void GDALSetDescription(nint thing, string text);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALGetMetadataItem(nint thing, string key, string? domain);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GDALSetMetadataItem(nint thing, string key, string? value, string? domain);

    [LibraryImport(Library)]
    public static partial int GDALGetMaskFlags(nint band);

    [LibraryImport(Library)]
    public static partial nint GDALGetMaskBand(nint band);

    [LibraryImport(Library)]
    public static partial int GDALGetOverviewCount(nint band);

    [LibraryImport(Library)]
    public static partial nint GDALGetOverview(nint band, int level);

    [LibraryImport(Library)]
    public static partial int GDALGetRasterBandXSize(nint band);

    [LibraryImport(Library)]
    public static partial int GDALGetRasterBandYSize(nint band);

    [LibraryImport(Library)]
    public static partial int GDALChecksumImage(nint band, int x, int y, int width, int height);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GDALBuildOverviews(
        Raster dataset, string resampling, int count, int* factors, int bandCount, int* bands, nint progress, nint user);

    [LibraryImport(Library)]
    public static partial int GDALDatasetRasterIOEx(
        Raster dataset,
        int write,
        int x,
        int y,
        int width,
        int height,
        void* buffer,
        int bufferWidth,
        int bufferHeight,
        int bufferType,
        int bandCount,
        int* bands,
        long pixelSpacing,
        long lineSpacing,
        long bandSpacing,
        RasterIoExtra* extra);

    [LibraryImport(Library)]
    public static partial int GDALRasterIOEx(
        nint band,
        int write,
        int x,
        int y,
        int width,
        int height,
        void* buffer,
        int bufferWidth,
        int bufferHeight,
        int bufferType,
        long pixelSpacing,
        long lineSpacing,
        RasterIoExtra* extra);

    [LibraryImport(Library)]
    public static partial int GDALFlushRasterCache(nint band);

    [LibraryImport(Library)]
    public static partial void VSIFree(void* memory);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint VSIFOpenL(string path, string mode);

    [LibraryImport(Library)]
    public static partial int VSIFCloseL(nint file);

    [LibraryImport(Library)]
    public static partial int VSIFSeekL(nint file, ulong offset, int whence);

    [LibraryImport(Library)]
    public static partial ulong VSIFTellL(nint file);

    /// <summary><c>GDALRasterIOExtraArg</c>, version 1.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct RasterIoExtra
    {
        public int Version;
        public int Resampling;
        public nint Progress;
        public nint ProgressUser;
        public int HasFloatingWindow;
        public double X;
        public double Y;
        public double Width;
        public double Height;
    }
}
