using System.Globalization;
using System.Text.RegularExpressions;

namespace Flair.Source;

/// <summary>
/// What the name of one of IGN's rasters says. BD ORTHO: <c>33-2024-0410-6425-LA93-0M20-E080.jp2</c> (department, year, X and Y,
/// reference system, resolution, compression); LiDAR HD: <c>LHD_FXX_0940_6540_MNT_0M50_LAMB93_IGN69.tif</c>; RGE ALTI:
/// <c>RGEALTI_FXX_0940_6540_MNT_LAMB93_IGN69.asc</c>. Source: IGN's delivery descriptions (DC_BDORTHO, DC_LiDAR_HD, DC_RGEALTI).
/// </summary>
/// <param name="Department">The department, e.g. <c>33</c>, <c>2A</c>, <c>974</c>; null where the name has none.</param>
/// <param name="Year">The year the images were taken; null where the name has none.</param>
/// <param name="XKm">Easting of the north-west corner in km.</param>
/// <param name="YKm">Northing of the north-west corner in km.</param>
/// <param name="Epsg">The reference system; 0 where the name has none that is known.</param>
/// <param name="Resolution">Metres a pixel; null where the name has none.</param>
/// <param name="IsElevation">True for LiDAR HD and RGE ALTI, whose pixel centres, not edges, lie on round coordinates.</param>
public sealed partial record DalleName(string? Department, int? Year, int XKm, int YKm, int Epsg, double? Resolution, bool IsElevation)
{
    /// <summary>IGN's reference system codes. LAMB93 and LA93 are one; so are the two spellings of Guyane's.</summary>
    private static readonly Dictionary<string, int> Codes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["LA93"] = 2154,
        ["LAMB93"] = 2154,
        ["RGAF09UTM20"] = 5490,
        ["UTM22RGFG95"] = 2972,
        ["RGFG95UTM22"] = 2972,
        ["RGR92UTM40S"] = 2975,
        ["RGM04UTM38S"] = 4471,
        ["RGSPM06U21"] = 4467,
    };

    /// <summary>Reads a file's name; false when it is not such a name.</summary>
    /// <param name="path">A file, with or without its folders.</param>
    /// <param name="name">What it says.</param>
    public static bool TryParse(string path, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DalleName? name)
    {
        ArgumentNullException.ThrowIfNull(path);
        var stem = Path.GetFileNameWithoutExtension(path);
        name = Ortho().Match(stem) is { Success: true } ortho ? Make(ortho, false)
            : Elevation().Match(stem) is { Success: true } elevation ? Make(elevation, true)
            : null;
        return name is not null;
    }

    /// <summary>The EPSG code of IGN's code for a reference system, e.g. <c>LAMB93</c>; 0 when it is not one.</summary>
    public static int EpsgOf(string code) => Codes.GetValueOrDefault(code);

    /// <summary>
    /// The kind of raster that a path tells of by its nearest part that tells: a file or folder with RVB, IRC, MNS, MNT or MNH (or RGB,
    /// DSM, DTM, DHM) as a word of its name, e.g. <c>BDORTHO_2-0_RVB-0M20_JP2-E080_LAMB93_D033_2024-01-01</c>; null when none does.
    /// </summary>
    public static ProductKind? KindOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        foreach (var part in path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar).Reverse())
        {
            if (Kind().Match(part) is { Success: true } match)
            {
                return match.Value.ToUpperInvariant() switch
                {
                    "RVB" or "RGB" => ProductKind.Rvb,
                    "IRC" => ProductKind.Irc,
                    "MNS" or "DSM" => ProductKind.Surface,
                    "MNT" or "DTM" => ProductKind.Terrain,
                    _ => ProductKind.Height,
                };
            }
        }

        return null;
    }

    [GeneratedRegex(@"^(?<dep>\d{2,3}|2[AB])-(?<year>(19|20)\d{2})-(?<x>\d{4})-(?<y>\d{4})(-(?<crs>[A-Z][A-Z0-9]+))?(-(?<m>\d+)M(?<cm>\d{2}))?(-[A-Z0-9]+)*$", RegexOptions.IgnoreCase)]
    private static partial Regex Ortho();

    [GeneratedRegex(@"^(LHD|RGEALTI)_[A-Z]{3}_(?<x>\d{4})_(?<y>\d{4})_(MNT|MNS|MNH)(_O)?(_(?<m>\d+)M(?<cm>\d{2}))?(_(?<crs>[A-Z][A-Z0-9]+?))(_[A-Z0-9]+)*$", RegexOptions.IgnoreCase)]
    private static partial Regex Elevation();

    [GeneratedRegex(@"(?<![A-Za-z0-9])(RVB|RGB|IRC|MNS|DSM|MNT|DTM|MNH|DHM)(?![A-Za-z0-9])", RegexOptions.IgnoreCase)]
    private static partial Regex Kind();

    private static DalleName Make(Match match, bool elevation)
    {
        int? year = match.Groups["year"].Success ? Number(match, "year") : null;
        double? resolution = match.Groups["m"].Success ? Number(match, "m") + (Number(match, "cm") / 100.0) : null;
        return new DalleName(
            match.Groups["dep"].Success ? match.Groups["dep"].Value.ToUpperInvariant() : null,
            year,
            Number(match, "x"),
            Number(match, "y"),
            EpsgOf(match.Groups["crs"].Value),
            resolution > 0 ? resolution : null,
            elevation);
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
}

/// <summary>What a raster of IGN's shows.</summary>
public enum ProductKind
{
    /// <summary>Red, green, blue.</summary>
    Rvb,

    /// <summary>Near infrared, red, green.</summary>
    Irc,

    /// <summary>Surface model (MNS).</summary>
    Surface,

    /// <summary>Terrain model (MNT).</summary>
    Terrain,

    /// <summary>Height above ground (MNH).</summary>
    Height,
}
