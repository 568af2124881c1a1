using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <content>Coordinate reference systems: ogr_srs_api.h.</content>
internal static unsafe partial class Native
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OSRNewSpatialReference(string? wkt);

    [LibraryImport(Library)]
    public static partial void OSRDestroySpatialReference(nint crs);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OSRSetFromUserInput(Srs crs, string text);

    [LibraryImport(Library)]
    public static partial void OSRSetAxisMappingStrategy(Srs crs, int strategy);

    [LibraryImport(Library)]
    public static partial int OSRExportToWktEx(Srs crs, out byte* text, byte** options);

    [LibraryImport(Library)]
    public static partial int OSRExportToPROJJSON(Srs crs, out byte* text, byte** options);

    [LibraryImport(Library)]
    public static partial int OSRExportToProj4(Srs crs, out byte* text);

    [LibraryImport(Library)]
    public static partial nint OSRGetName(Srs crs);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OSRGetAuthorityName(Srs crs, string? target);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OSRGetAuthorityCode(Srs crs, string? target);

    [LibraryImport(Library)]
    public static partial nint* OSRFindMatches(Srs crs, byte** options, out int count, out int* confidence);

    [LibraryImport(Library)]
    public static partial void OSRFreeSRSArray(nint* array);

    [LibraryImport(Library)]
    public static partial int OSRIsSameEx(Srs a, Srs b, byte** options);

    [LibraryImport(Library)]
    public static partial int OSRIsSameEx(nint a, Srs b, byte** options);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OSRGetAuthorityName(nint crs, string? target);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OSRGetAuthorityCode(nint crs, string? target);

    [LibraryImport(Library)]
    public static partial nint OCTNewCoordinateTransformation(Srs from, Srs to);

    [LibraryImport(Library)]
    public static partial void OCTDestroyCoordinateTransformation(nint transformation);

    [LibraryImport(Library)]
    public static partial int OCTTransform(nint transformation, int count, double* x, double* y, double* z);
}
