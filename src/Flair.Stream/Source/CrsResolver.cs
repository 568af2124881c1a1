using Flair.Gdal;

namespace Flair.Source;

/// <summary>A coordinate reference system: WKT, empty when unknown, and EPSG code, 0 when it has none.</summary>
internal sealed record ResolvedCrs(string Wkt, int Epsg)
{
    public override string ToString() => Epsg != 0 ? $"EPSG:{Epsg}" : Wkt.Length == 0 ? "no reference system" : $"\"{Crs.Name(Wkt)}\"";
}

/// <summary>
/// Finds a raster's reference system: the file's own where it can be identified, else the dalle's name's, else the settings', else the
/// file's own though it has no code. Looks each distinct WKT up once.
/// </summary>
internal sealed class CrsResolver
{
    /// <summary>RGF93 / Lambert-93 and its realisations v2 and v2b, which agree to centimetres.</summary>
    private static readonly int[] Lambert93 = [2154, 9793, 9794];

    private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string?> _wkts = [];
    private readonly ResolvedCrs? _default;
    private readonly bool _optional;

    /// <summary>Makes a resolver.</summary>
    /// <param name="settingsCrs">The settings' reference system; null for none.</param>
    /// <param name="optional">True when a raster may be without.</param>
    /// <exception cref="FlairException">The settings' is not one.</exception>
    public CrsResolver(string? settingsCrs, bool optional)
    {
        _optional = optional;
        if (string.IsNullOrWhiteSpace(settingsCrs))
            return;
        try
        {
            var wkt = Horizontal(Crs.Wkt(settingsCrs));
            _default = new ResolvedCrs(wkt, Crs.Epsg(wkt));
        }
        catch (GdalException fault)
        {
            throw new FlairException($"crs: {settingsCrs} is not a coordinate reference system; write an EPSG code, as EPSG:2154 ({fault.Message})", fault);
        }
    }

    /// <summary>The reference system of a raster.</summary>
    /// <param name="wkt">What the file says; empty for nothing.</param>
    /// <param name="dalle">What its name says.</param>
    /// <param name="problem">What is wrong, when the result is null.</param>
    public ResolvedCrs? Resolve(string wkt, DalleName? dalle, out string? problem)
    {
        problem = null;
        wkt = Horizontal(wkt);
        int own = wkt.Length == 0 ? 0 : CodeOf(wkt);
        int named = dalle?.Epsg ?? 0;
        if (own != 0)
        {
            if (named == 0 || SameCode(own, named))
                return new ResolvedCrs(WktOf(own) ?? wkt, own);
            problem = $"is in EPSG:{own} by its header and in EPSG:{named} by its name";
            return null;
        }

        if (named != 0 && WktOf(named) is { } namedWkt)
            return new ResolvedCrs(namedWkt, named);
        if (_default is not null)
            return _default;
        if (wkt.Length > 0 && !IsUnnamed(wkt))
            return new ResolvedCrs(wkt, 0);
        if (_optional)
            return new ResolvedCrs(wkt, 0);
        problem = $"{(wkt.Length == 0 ? "has no coordinate reference system" : "has an unnamed coordinate reference system")} and its name tells none; set crs, as EPSG:2154";
        return null;
    }

    /// <summary>True when two are the same as far as pixels are concerned.</summary>
    public static bool Same(ResolvedCrs a, ResolvedCrs b) =>
        a == b || (a.Epsg != 0 && b.Epsg != 0 ? SameCode(a.Epsg, b.Epsg) : a.Wkt == b.Wkt || (a.Wkt.Length > 0 && b.Wkt.Length > 0 && Crs.Same(a.Wkt, b.Wkt)));

    private static bool SameCode(int a, int b) => a == b || (Lambert93.Contains(a) && Lambert93.Contains(b));

    private int CodeOf(string wkt)
    {
        if (_codes.TryGetValue(wkt, out int code))
            return code;
        try
        {
            code = Crs.Epsg(wkt);
        }
        catch (GdalException)
        {
            // What PROJ cannot read identifies nothing; the name or the settings may.
        }

        return _codes[wkt] = code;
    }

    private string? WktOf(int code)
    {
        if (!_wkts.TryGetValue(code, out var wkt))
            _wkts.Add(code, wkt = Crs.WktFromEpsg(code));
        return wkt;
    }

    private static bool IsUnnamed(string wkt) =>
        wkt.StartsWith("LOCAL_CS", StringComparison.Ordinal) || wkt.StartsWith("ENGCRS", StringComparison.Ordinal)
        || Crs.Name(wkt) is "" or "unknown" or "unnamed" or "undefined" or "Undefined" or "Unknown";

    /// <summary>The horizontal part of a compound CRS (Lambert-93 + IGN69 heights): the heights' datum moves no pixel.</summary>
    private static string Horizontal(string wkt)
    {
        if (!wkt.StartsWith("COMPD_CS[", StringComparison.Ordinal) && !wkt.StartsWith("COMPOUNDCRS[", StringComparison.Ordinal))
            return wkt;
        string[] starts = ["PROJCS[", "PROJCRS[", "GEOGCS[", "GEOGCRS["];
        int start = starts.Select(text => wkt.IndexOf(text, StringComparison.Ordinal)).Where(at => at > 0).DefaultIfEmpty(-1).Min();
        if (start < 0)
            return wkt;
        int depth = 0;
        bool quoted = false;
        for (int i = start; i < wkt.Length; i++)
        {
            if (wkt[i] == '"')
                quoted = !quoted;
            else if (!quoted && wkt[i] == '[')
                depth++;
            else if (!quoted && wkt[i] == ']' && --depth == 0)
                return wkt[start..(i + 1)];
        }

        return wkt;
    }
}
