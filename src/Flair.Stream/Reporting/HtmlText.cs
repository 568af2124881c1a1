using System.Globalization;
using System.Net;
using Flair.Nomenclatures;

namespace Flair.Reporting;

/// <summary>Text and numbers as the report shows them.</summary>
internal static class HtmlText
{
    /// <summary>A text between tags or in an attribute.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A coordinate of a drawing.</summary>
    public static string Place(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A percentage with two decimals, without its sign; a dash for NaN.</summary>
    public static string Percent(double value) => double.IsNaN(value) ? "–" : value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>A measure with four significant digits, or a dash for NaN.</summary>
    public static string Figure(double value) => value switch
    {
        double.NaN => "–",
        0 => "0",
        _ when Math.Abs(value) is < 1e-3 or >= 1e5 => value.ToString("0.###e+0", CultureInfo.InvariantCulture).Replace("e+", "e", StringComparison.Ordinal),
        _ => value.ToString(Math.Abs(value) < 1 ? "0.0000" : "G5", CultureInfo.InvariantCulture),
    };

    /// <summary>A whole number with its thousands apart.</summary>
    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    /// <summary>A duration in the two largest units that fit.</summary>
    public static string Duration(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalSeconds: < 10 } span => $"{span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s",
        { TotalMinutes: < 1 } span => $"{span.Seconds} s",
        { TotalHours: < 1 } span => $"{span.Minutes} min {span.Seconds} s",
        var span => $"{(int)span.TotalHours} h {span.Minutes} min",
    };

    /// <summary>A colour for CSS.</summary>
    public static string Color(LandCoverClass land) => $"#{land.Color:x6}";
}
