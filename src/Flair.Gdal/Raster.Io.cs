namespace Flair.Gdal;

/// <content>Pixels in and out.</content>
public sealed unsafe partial class Raster
{
    /// <summary>
    /// Reads a rectangle of some bands into memory, changing data type and resolution on the way. A block that cannot be read or decoded
    /// is an error; the buffer's content is then undefined.
    /// </summary>
    /// <param name="x">First column.</param>
    /// <param name="y">First row.</param>
    /// <param name="width">Columns; the rectangle must lie inside the raster.</param>
    /// <param name="height">Rows.</param>
    /// <param name="bands">Bands, from 1, in the order wanted.</param>
    /// <param name="bufferType">Type of the values in memory.</param>
    /// <param name="buffer">Where the first pixel of the first band goes.</param>
    /// <param name="bufferWidth">Columns in memory; other than <paramref name="width"/> to resample.</param>
    /// <param name="bufferHeight">Rows in memory.</param>
    /// <param name="pixelSpacing">Bytes from a pixel to the next in its row.</param>
    /// <param name="lineSpacing">Bytes from a row to the next.</param>
    /// <param name="bandSpacing">Bytes from a band to the next.</param>
    /// <param name="resampling">How, where the sizes differ.</param>
    public void Read(
        int x,
        int y,
        int width,
        int height,
        ReadOnlySpan<int> bands,
        GdalType bufferType,
        void* buffer,
        int bufferWidth,
        int bufferHeight,
        long pixelSpacing,
        long lineSpacing,
        long bandSpacing,
        Resampling resampling = Resampling.Nearest) =>
        Transfer(false, x, y, width, height, bands, bufferType, buffer, bufferWidth, bufferHeight, pixelSpacing, lineSpacing, bandSpacing, resampling);

    /// <summary>Reads a rectangle of the mask at full resolution: 0 where the file has no data, mostly 255 elsewhere.</summary>
    /// <param name="x">First column.</param>
    /// <param name="y">First row.</param>
    /// <param name="width">Columns; the rectangle must lie inside the raster.</param>
    /// <param name="height">Rows.</param>
    /// <param name="bufferType">Type of the values in memory.</param>
    /// <param name="buffer">Where the first pixel goes.</param>
    /// <param name="pixelSpacing">Bytes from a pixel to the next in its row.</param>
    /// <param name="lineSpacing">Bytes from a row to the next.</param>
    public void ReadMask(int x, int y, int width, int height, GdalType bufferType, void* buffer, long pixelSpacing, long lineSpacing)
    {
        using var use = new Use(this);
        var mask = Native.GDALGetMaskBand(Band(use, 1));
        Check(Native.GDALRasterIOEx(mask, 0, x, y, width, height, buffer, width, height, (int)bufferType, pixelSpacing, lineSpacing, null));
    }

    /// <summary>Reads a rectangle of some bands at full resolution as [band, row, column].</summary>
    /// <typeparam name="T"><see cref="byte"/>, <see cref="ushort"/>, <see cref="short"/>, <see cref="uint"/>, <see cref="int"/>, <see cref="float"/> or <see cref="double"/>; values are clamped to it.</typeparam>
    public void Read<T>(int x, int y, int width, int height, ReadOnlySpan<int> bands, Span<T> planar)
        where T : unmanaged
    {
        CheckLength(planar.Length, bands.Length, width, height);
        fixed (T* buffer = planar)
            Read(x, y, width, height, bands, TypeOf<T>(), buffer, width, height, sizeof(T), (long)width * sizeof(T), (long)width * height * sizeof(T));
    }

    /// <summary>Writes a rectangle of some bands from memory; the parameters are <see cref="Read(int, int, int, int, ReadOnlySpan{int}, GdalType, void*, int, int, long, long, long, Resampling)"/>'s.</summary>
    public void Write(
        int x,
        int y,
        int width,
        int height,
        ReadOnlySpan<int> bands,
        GdalType bufferType,
        void* buffer,
        int bufferWidth,
        int bufferHeight,
        long pixelSpacing,
        long lineSpacing,
        long bandSpacing,
        Resampling resampling = Resampling.Nearest) =>
        Transfer(true, x, y, width, height, bands, bufferType, buffer, bufferWidth, bufferHeight, pixelSpacing, lineSpacing, bandSpacing, resampling);

    /// <summary>Writes a rectangle of some bands given as [band, row, column].</summary>
    /// <typeparam name="T">As for reading.</typeparam>
    public void Write<T>(int x, int y, int width, int height, ReadOnlySpan<int> bands, ReadOnlySpan<T> planar)
        where T : unmanaged
    {
        CheckLength(planar.Length, bands.Length, width, height);
        fixed (T* buffer = planar)
            Write(x, y, width, height, bands, TypeOf<T>(), buffer, width, height, sizeof(T), (long)width * sizeof(T), (long)width * height * sizeof(T));
    }

    private static void CheckLength(long have, int bands, int width, int height)
    {
        long need = (long)bands * width * height;
        if (have < need)
            throw new ArgumentException($"the buffer holds {have} values where {bands} bands of {width}x{height} need {need}");
    }

    private static GdalType TypeOf<T>() => System.Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Byte => GdalType.Byte,
        TypeCode.UInt16 => GdalType.UInt16,
        TypeCode.Int16 => GdalType.Int16,
        TypeCode.UInt32 => GdalType.UInt32,
        TypeCode.Int32 => GdalType.Int32,
        TypeCode.Single => GdalType.Float32,
        TypeCode.Double => GdalType.Float64,
        _ => throw new NotSupportedException($"GDAL has no data type for {typeof(T).Name}"),
    };

    private void Transfer(
        bool write,
        int x,
        int y,
        int width,
        int height,
        ReadOnlySpan<int> bands,
        GdalType bufferType,
        void* buffer,
        int bufferWidth,
        int bufferHeight,
        long pixelSpacing,
        long lineSpacing,
        long bandSpacing,
        Resampling resampling)
    {
        var extra = new Native.RasterIoExtra { Version = 1, Resampling = (int)resampling };
        GdalErrors.Begin();
        fixed (int* list = bands)
        {
            Check(Native.GDALDatasetRasterIOEx(
                this,
                write ? 1 : 0,
                x,
                y,
                width,
                height,
                buffer,
                bufferWidth,
                bufferHeight,
                (int)bufferType,
                bands.Length,
                list,
                pixelSpacing,
                lineSpacing,
                bandSpacing,
                resampling == Resampling.Nearest ? null : &extra));
        }
    }
}
