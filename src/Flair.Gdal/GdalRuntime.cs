using System.Runtime.InteropServices;
using Flair.Shared;

namespace Flair.Gdal;

/// <summary>GDAL as a whole: its start, version, drivers and options. Every other class here starts it by itself.</summary>
public static class GdalRuntime
{
    private static readonly Lock Gate = new();
    private static bool _ready;

    /// <summary>
    /// A warning of GDAL's, on one line, raised on the thread that made the call. Without a listener warnings are dropped. A listener
    /// must be quick, must not throw and must not call GDAL.
    /// </summary>
    public static event Action<string>? Warning;

    /// <summary>GDAL's version, e.g. <c>3.6.2</c>.</summary>
    public static string Version
    {
        get
        {
            Initialize();
            return Marshal.PtrToStringUTF8(Native.GDALVersionInfo("RELEASE_NAME")) ?? "";
        }
    }

    /// <summary>
    /// Loads libgdal, once, and sets it up: errors are collected instead of printed, no <c>.aux.xml</c> is written or read, directories
    /// are not listed when a file is opened.
    /// </summary>
    /// <exception cref="DllNotFoundException">libgdal is not there; the message says how to get it.</exception>
    public static void Initialize()
    {
        if (Volatile.Read(ref _ready))
            return;
        lock (Gate)
        {
            if (_ready)
                return;
            // 32 is GDAL 3.6's.
            NativeLocator.Register(typeof(GdalRuntime).Assembly, Native.Library, [.. Enumerable.Range(32, 8).Select(number => $"libgdal.so.{number}"), "libgdal.so"]);
            GdalErrors.Install();
            Native.CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
            Native.CPLSetConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", "TRUE");

            // From 3.10 on, MEM datasets over foreign memory must be asked for.
            Native.CPLSetConfigOption("GDAL_MEM_ENABLE_OPEN", "YES");

            // A GeoPackage notes when it was changed; here two that are made of the same are the same.
            Native.CPLSetConfigOption("OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z");
            Native.GDALAllRegister();

            // The driver makes this list when it is first asked for, and not for two threads at once: the second saw a list without
            // ZSTD, and its tile was compressed another way than all others.
            if (Native.GDALGetDriverByName("COG") is not 0 and var cog)
                _ = DriverMetadata(cog, "DMD_CREATIONOPTIONLIST");
            if (Environment.GetEnvironmentVariable("GDAL_CACHEMAX") is null)
                Native.GDALSetCacheMax64(256L << 20);
            KeepWritesApart();
            Volatile.Write(ref _ready, true);
        }
    }

    /// <summary>
    /// GDAL's block cache belongs to all datasets: a thread that reads one may write dirty blocks of another, while that one's own thread writes or closes
    /// it, and so break it or crash (gdal_priv.h says so of <c>FlushDirtyBlocks</c>, which every read of a JPEG 2000 file calls). From now on dirty blocks are
    /// written by those who flush or close their dataset. The C interface has no name for this; a GDAL that does not export it is used as it is.
    /// </summary>
    private static void KeepWritesApart()
    {
        try
        {
            Native.EnterDisableDirtyBlockFlush();
        }
        catch (EntryPointNotFoundException)
        {
            // See above.
        }
    }

    /// <summary>True when the driver of that short name (<c>COG</c>, <c>JP2OpenJPEG</c>) is there and, if asked, can write.</summary>
    public static bool HasDriver(string name, bool create)
    {
        Initialize();
        var driver = Native.GDALGetDriverByName(name);
        return driver != 0 && (!create || DriverMetadata(driver, "DCAP_CREATE") == "YES" || DriverMetadata(driver, "DCAP_CREATECOPY") == "YES");
    }

    /// <summary>True when the driver's creation options name <paramref name="value"/>, e.g. the compression <c>ZSTD</c> of <c>COG</c>.</summary>
    public static bool HasCreationValue(string driver, string value)
    {
        Initialize();
        var handle = Native.GDALGetDriverByName(driver);
        return handle != 0 && (DriverMetadata(handle, "DMD_CREATIONOPTIONLIST") ?? "").Contains($">{value}<", StringComparison.Ordinal);
    }

    internal static void RaiseWarning(string text) => Warning?.Invoke(text);

    private static string? DriverMetadata(nint driver, string key) => Marshal.PtrToStringUTF8(Native.GDALGetMetadataItem(driver, key, null));
}
