using System.Globalization;
using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>Coordinate reference systems as text: what they are, whether two are one, and how points go from one to another.</summary>
public static unsafe class Crs
{
    /// <summary>What PROJ calls equal parameters under another name, in percent.</summary>
    private const int SameParameters = 70;

    private static readonly HashSet<string> DatumTerms = ["+datum", "+ellps", "+a", "+b", "+rf", "+R", "+towgs84", "+nadgrids", "+type", "+no_defs"];

    /// <summary>The WKT of an EPSG code; null when PROJ's database does not know it.</summary>
    public static string? WktFromEpsg(int code)
    {
        try
        {
            return Wkt($"EPSG:{code}");
        }
        catch (GdalException)
        {
            return null;
        }
    }

    /// <summary>WKT 1 (WKT 2 where that cannot say it) of anything that OGR understands: <c>EPSG:2154</c>, WKT, a PROJ string.</summary>
    /// <exception cref="GdalException">It is not understood.</exception>
    public static string Wkt(string text)
    {
        using var srs = Srs.Parse(text);
        return Export(srs, "FORMAT=WKT1_GDAL", "ALLOW_ELLIPSOIDAL_HEIGHT_AS_VERTICAL_CRS=NO") ?? Export(srs, "FORMAT=WKT2_2019") ?? throw GdalErrors.Take(text);
    }

    /// <summary>
    /// The EPSG code of a CRS, 0 when it has none: its own authority code, else that of the CRS it is named after (<c>EPSG:2154</c>),
    /// else that of the CRS in PROJ's database with the same parameters.
    /// </summary>
    /// <remarks>
    /// A CRS named after a code is believed when its projection agrees, whatever its datum: IGN's files carry Lambert-93 under the name
    /// <c>EPSG:2154</c> with the datum lost on the way (<c>unretrievable - using WGS84</c>).
    /// </remarks>
    public static int Epsg(string wkt)
    {
        if (string.IsNullOrWhiteSpace(wkt))
            return 0;
        using var srs = Srs.Parse(wkt);
        if (Code(Native.OSRGetAuthorityName(srs, null), Native.OSRGetAuthorityCode(srs, null)) is var own and not 0)
            return own;
        if (NamedCode(Text(Native.OSRGetName(srs))) is var named and not 0 && WktFromEpsg(named) is { } namedWkt && SameProjection(wkt, namedWkt))
            return named;
        return Matched(srs);
    }

    /// <summary>True when both are the same CRS: one EPSG code (see <see cref="Epsg"/>) or equivalent parameters. Two empty ones are not known to be the same.</summary>
    public static bool Same(string wktA, string wktB)
    {
        if (string.IsNullOrWhiteSpace(wktA) || string.IsNullOrWhiteSpace(wktB))
            return false;
        if (wktA == wktB)
            return true;
        using var a = Srs.Parse(wktA);
        using var b = Srs.Parse(wktB);
        return Same(a, b) || (Epsg(wktA) is var code and not 0 && code == Epsg(wktB));
    }

    /// <summary>The CRS as PROJJSON, which GeoParquet wants.</summary>
    public static string ToProjJson(string wkt)
    {
        using var srs = Srs.Parse(wkt);
        using var options = new StringList(["MULTILINE=NO"]);
        GdalErrors.Begin();
        return Native.OSRExportToPROJJSON(srs, out var text, options.Pointer) == 0 ? Take(text) : throw GdalErrors.Take("PROJJSON");
    }

    /// <summary>The CRS as a PROJ string.</summary>
    public static string ToProj4(string wkt)
    {
        using var srs = Srs.Parse(wkt);
        GdalErrors.Begin();
        return Native.OSRExportToProj4(srs, out var text) == 0 ? Take(text).Trim() : throw GdalErrors.Take("PROJ string");
    }

    /// <summary>The CRS's name, e.g. <c>RGF93 v1 / Lambert-93</c>; empty when there is none.</summary>
    public static string Name(string wkt)
    {
        if (string.IsNullOrWhiteSpace(wkt))
            return "";
        using var srs = Srs.Parse(wkt);
        return Text(Native.OSRGetName(srs)) ?? "";
    }

    /// <summary>Moves points in place from one CRS to another; x is east or longitude, y is north or latitude, whatever the CRS's own axis order.</summary>
    /// <exception cref="GdalException">There is no way between the two, or a point lies outside of it.</exception>
    public static void Transform(string from, string to, Span<double> x, Span<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} x and {y.Length} y");
        using var source = Srs.Parse(from);
        using var target = Srs.Parse(to);
        GdalErrors.Begin();
        var transformation = Native.OCTNewCoordinateTransformation(source, target);
        if (transformation == 0)
            throw GdalErrors.Take("no transformation between the coordinate reference systems");
        try
        {
            fixed (double* px = x, py = y)
            {
                if (Native.OCTTransform(transformation, x.Length, px, py, null) == 0)
                    throw GdalErrors.Take("a point cannot be transformed");
            }
        }
        finally
        {
            Native.OCTDestroyCoordinateTransformation(transformation);
        }
    }

    private static int Matched(Srs srs)
    {
        GdalErrors.Begin();
        var matches = Native.OSRFindMatches(srs, null, out int count, out var confidence);
        try
        {
            // Several at the same confidence (the realisations of a datum) come ordered by PROJ; the first not deprecated is first.
            for (int i = 0; i < count && confidence[i] >= SameParameters; i++)
            {
                var code = Code(Native.OSRGetAuthorityName(matches[i], null), Native.OSRGetAuthorityCode(matches[i], null));
                if (code != 0)
                    return code;
            }

            return 0;
        }
        finally
        {
            Native.OSRFreeSRSArray(matches);
            Native.VSIFree(confidence);
        }
    }

    private static bool Same(Srs a, Srs b)
    {
        using var options = new StringList(["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES", "CRITERION=EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS"]);
        return Native.OSRIsSameEx(a, b, options.Pointer) != 0;
    }

    private static bool SameProjection(string wktA, string wktB) => Projection(wktA).SetEquals(Projection(wktB));

    /// <summary>The terms of the PROJ string that are not about the datum.</summary>
    private static HashSet<string> Projection(string wkt) =>
        [.. ToProj4(wkt).Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(term => !DatumTerms.Contains(term.Split('=')[0]))];

    private static string? Export(Srs srs, params string[] options)
    {
        using var list = new StringList(options);
        GdalErrors.Begin();
        if (Native.OSRExportToWktEx(srs, out var text, list.Pointer) == 0)
            return Take(text);
        Native.VSIFree(text);
        return null;
    }

    private static int NamedCode(string? name) =>
        name is not null && name.StartsWith("EPSG:", StringComparison.OrdinalIgnoreCase)
        && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int code) ? code : 0;

    private static int Code(nint authority, nint code) =>
        string.Equals(Text(authority), "EPSG", StringComparison.OrdinalIgnoreCase)
        && int.TryParse(Text(code), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static string? Text(nint utf8) => Marshal.PtrToStringUTF8(utf8);

    private static string Take(byte* text)
    {
        var copy = Text((nint)text) ?? "";
        Native.VSIFree(text);
        return copy;
    }
}
