using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>
/// An open raster dataset. Bands are numbered from 1. GDAL datasets are not thread-safe: one handle belongs to one thread at a time;
/// open the file again for another. Every failure is a <see cref="GdalException"/> with GDAL's message.
/// </summary>
public sealed unsafe partial class Raster : SafeHandle
{
    private const uint OpenRaster = 0x02;
    private const uint OpenUpdate = 0x01;
    private const uint OpenVerbose = 0x40;

    private Raster(nint dataset, string path)
        : base(0, ownsHandle: true)
    {
        SetHandle(dataset);
        Path = path;
    }

    /// <summary>What it was opened or created as.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Columns.</summary>
    public int Width => Native.GDALGetRasterXSize(this);

    /// <summary>Rows.</summary>
    public int Height => Native.GDALGetRasterYSize(this);

    /// <summary>Number of bands.</summary>
    public int BandCount => Native.GDALGetRasterCount(this);

    /// <summary>Short name of the driver, e.g. <c>GTiff</c>.</summary>
    public string Driver => Text(Native.GDALGetDriverShortName(Native.GDALGetDatasetDriver(this))) ?? "";

    /// <summary>The affine transform: origin x, pixel width, row rotation, origin y, column rotation, pixel height (negative: north up). Null when the file has none.</summary>
    public double[]? GeoTransform
    {
        get
        {
            var six = new double[6];
            fixed (double* pointer = six)
                return Native.GDALGetGeoTransform(this, pointer) == 0 ? six : null;
        }
    }

    /// <summary>The coordinate reference system as WKT; empty when the file has none.</summary>
    public string CrsWkt => Text(Native.GDALGetProjectionRef(this)) ?? "";

    /// <summary>Opens a raster for reading, or for changing it in place.</summary>
    /// <param name="path">A file, an address (see <see cref="Vsi.AddScheme"/>), or anything else that GDAL opens (<c>/vsimem/…</c>, a VRT's XML).</param>
    /// <param name="update">True to change it.</param>
    /// <param name="options">Open options of the driver, as <c>KEY=VALUE</c>.</param>
    public static Raster Open(string path, bool update = false, params string[] options)
    {
        ArgumentNullException.ThrowIfNull(path);
        GdalRuntime.Initialize();
        using var list = new StringList(options);

        // Looking for side files (.tfw, .ovr) is a stat each on a disk, and a request each on a web server.
        var place = Vsi.NativePath(path);
        bool remote = place.StartsWith("/vsi", StringComparison.Ordinal) && !place.StartsWith("/vsimem/", StringComparison.Ordinal);
        if (remote)
            Native.CPLSetThreadLocalConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR");
        GdalErrors.Begin();
        var dataset = Native.GDALOpenEx(place, OpenRaster | OpenVerbose | (update ? OpenUpdate : 0), null, list.Pointer, null);
        if (remote)
            Native.CPLSetThreadLocalConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", null);
        return Adopt(dataset, path);
    }

    /// <summary>Creates a raster of the driver's, filled with zeros.</summary>
    /// <param name="driver">Short name of a driver that can create, e.g. <c>GTiff</c>, <c>MEM</c>.</param>
    /// <param name="path">Where; overwritten if it exists.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="bands">Bands.</param>
    /// <param name="type">Data type of every band.</param>
    /// <param name="options">Creation options of the driver, as <c>KEY=VALUE</c>.</param>
    public static Raster Create(string driver, string path, int width, int height, int bands, GdalType type, params string[] options)
    {
        ArgumentNullException.ThrowIfNull(path);
        GdalRuntime.Initialize();
        using var list = new StringList(options);
        GdalErrors.Begin();
        return Adopt(Native.GDALCreate(FindDriver(driver), path, width, height, bands, (int)type, list.Pointer), path);
    }

    /// <summary>
    /// A raster over memory that stays the caller's: nothing is copied, and the memory must outlive the raster, pinned or native.
    /// Reading or writing the raster reads or writes that memory.
    /// </summary>
    /// <param name="memory">The first pixel of the first band.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="bands">Bands.</param>
    /// <param name="type">Data type.</param>
    /// <param name="pixelSpacing">Bytes from a pixel to the next in its row.</param>
    /// <param name="lineSpacing">Bytes from a row to the next.</param>
    /// <param name="bandSpacing">Bytes from a band to the next.</param>
    public static Raster Wrap(void* memory, int width, int height, int bands, GdalType type, long pixelSpacing, long lineSpacing, long bandSpacing) =>
        Open($"MEM:::DATAPOINTER=0x{(nint)memory:X},PIXELS={width},LINES={height},BANDS={bands},DATATYPE={type},"
            + $"PIXELOFFSET={pixelSpacing},LINEOFFSET={lineSpacing},BANDOFFSET={bandSpacing}",
            update: true);

    /// <summary>Writes a copy in another format and leaves it open; dispose of it (see <see cref="Close"/>) to have it complete on disk.</summary>
    public Raster CreateCopy(string driver, string path, params string[] options) => CreateCopy(driver, path, CancellationToken.None, options);

    /// <summary>As <see cref="CreateCopy(string, string, string[])"/>; cancelling stops it between blocks.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; what was written is the driver's to remove, or the caller's.</exception>
    public Raster CreateCopy(string driver, string path, CancellationToken cancellation, params string[] options)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var list = new StringList(options);
        var token = GCHandle.Alloc(cancellation);
        try
        {
            GdalErrors.Begin();
            var copy = Native.GDALCreateCopy(
                FindDriver(driver), path, this, 0, list.Pointer, cancellation.CanBeCanceled ? &OnProgress : null, (void*)GCHandle.ToIntPtr(token));
            if (copy == 0)
                cancellation.ThrowIfCancellationRequested();
            return Adopt(copy, path);
        }
        finally
        {
            token.Free();
        }
    }

    /// <summary>Sets the affine transform, see <see cref="GeoTransform"/>.</summary>
    public void SetGeoTransform(double[] six)
    {
        ArgumentNullException.ThrowIfNull(six);
        ArgumentOutOfRangeException.ThrowIfNotEqual(six.Length, 6);
        GdalErrors.Begin();
        fixed (double* pointer = six)
            Check(Native.GDALSetGeoTransform(this, pointer));
    }

    /// <summary>Sets the coordinate reference system.</summary>
    /// <param name="wktOrEpsg">WKT, or <c>EPSG:2154</c>, or anything else that OGR understands; empty for none.</param>
    public void SetCrs(string wktOrEpsg)
    {
        ArgumentNullException.ThrowIfNull(wktOrEpsg);
        var wkt = wktOrEpsg.StartsWith("EPSG:", StringComparison.OrdinalIgnoreCase) ? Crs.Wkt(wktOrEpsg) : wktOrEpsg;
        GdalErrors.Begin();
        Check(Native.GDALSetProjection(this, wkt));
    }

    /// <summary>Sets a metadata item of the dataset.</summary>
    public void SetMetadata(string key, string value, string domain = "")
    {
        using var use = new Use(this);
        GdalErrors.Begin();
        Check(Native.GDALSetMetadataItem(use.Dataset, key, value, domain));
    }

    /// <summary>A metadata item of the dataset; null when there is none.</summary>
    public string? Metadata(string key, string domain = "")
    {
        using var use = new Use(this);
        return Text(Native.GDALGetMetadataItem(use.Dataset, key, domain));
    }

    /// <summary>Builds overviews: inside the file when it was opened for update, else beside it.</summary>
    /// <param name="resampling">How.</param>
    /// <param name="factors">Reductions, e.g. 2, 4, 8.</param>
    public void BuildOverviews(Resampling resampling, params int[] factors) => BuildOverviews(Name(resampling), factors);

    /// <summary>Makes room for overviews without computing them; <see cref="WriteOverview"/> fills them.</summary>
    /// <param name="factors">Reductions, e.g. 2, 4, 8; an overview has as many columns as the raster divided by its factor, rounded up.</param>
    public void AddOverviews(IReadOnlyList<int> factors) => BuildOverviews("NONE", [.. factors]);

    /// <summary>Hands all that is buffered to the operating system.</summary>
    public void Flush()
    {
        GdalErrors.Begin();
        Native.GDALFlushCache(this);
        GdalErrors.ThrowIfAny(Path);
    }

    /// <summary>Disposes of it and throws what <see cref="SafeHandle.Dispose()"/> must swallow: an error in the last write.</summary>
    public new void Close()
    {
        GdalErrors.Begin();
        Dispose();
        GdalErrors.ThrowIfAny(Path);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Native.GDALClose(handle);
        return true;
    }

    internal static string Name(Resampling resampling) => resampling switch
    {
        Resampling.Nearest => "NEAREST",
        Resampling.Bilinear => "BILINEAR",
        Resampling.Cubic => "CUBIC",
        Resampling.CubicSpline => "CUBICSPLINE",
        Resampling.Lanczos => "LANCZOS",
        Resampling.Average => "AVERAGE",
        Resampling.Mode => "MODE",
        Resampling.Gauss => "GAUSS",
        _ => throw new ArgumentOutOfRangeException(nameof(resampling), resampling, null),
    };

    private void BuildOverviews(string resampling, int[] factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        GdalErrors.Begin();
        fixed (int* pointer = factors)
            Check(Native.GDALBuildOverviews(this, resampling, factors.Length, pointer, 0, null, 0, 0));
    }

    private static string? Text(nint utf8) => Marshal.PtrToStringUTF8(utf8);

    private static nint FindDriver(string name)
    {
        var driver = Native.GDALGetDriverByName(name);
        return driver != 0 ? driver : throw new GdalException($"this GDAL {GdalRuntime.Version} has no driver {name}; run ./flair doctor");
    }

    private static Raster Adopt(nint dataset, string path)
    {
        if (dataset == 0)
            throw GdalErrors.Take(null);
        var raster = new Raster(dataset, path);
        try
        {
            GdalErrors.ThrowIfAny(path);
        }
        catch
        {
            raster.Dispose();
            throw;
        }

        return raster;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static int OnProgress(double share, byte* message, void* user) =>
        GCHandle.FromIntPtr((nint)user).Target is CancellationToken { IsCancellationRequested: true } ? 0 : 1;

    private void Check(int error)
    {
        if (error >= 3)
            throw GdalErrors.Take(Path);
        GdalErrors.ThrowIfAny(Path);
    }

    private nint Band(Use use, int band)
    {
        _ = use.Dataset;
        GdalErrors.Begin();
        var pointer = Native.GDALGetRasterBand(this, band);
        return pointer != 0 ? pointer : throw new GdalException($"{Path} has no band {band}: it has {BandCount}, numbered from 1");
    }

    /// <summary>Keeps the dataset open while a pointer into it is used.</summary>
    private readonly ref struct Use
    {
        private readonly Raster _raster;

        public Use(Raster raster)
        {
            bool added = false;
            raster.DangerousAddRef(ref added);
            _raster = raster;
        }

        public nint Dataset => _raster.handle;

        public void Dispose() => _raster.DangerousRelease();
    }
}
