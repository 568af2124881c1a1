namespace Flair.Cli;

/// <summary>Numbers as a person reads them.</summary>
internal static class Units
{
    /// <summary>Bytes with a decimal unit: <c>1.5 GB</c>.</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB"];
        var unit = 0;
        while (bytes >= 999.5 && unit < units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }

        return $"{bytes.ToString(unit == 0 || bytes >= 99.95 ? "0" : "0.0")} {units[unit]}";
    }

    /// <summary>A count with a unit above a million: <c>25.0 million</c>.</summary>
    public static string Count(long count) => count >= 1_000_000 ? $"{count / 1e6:N1} million" : $"{count:N0}";

    /// <summary>A count and what is counted: <c>1 tile</c>, <c>1,200 tiles</c>.</summary>
    public static string Counted(long count, string noun, string plural = "s") => $"{count:N0} {noun}{(count == 1 ? "" : plural)}";

    /// <summary>A rate a second.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        0 => "0/s",
        < 10 => $"{perSecond:0.00}/s",
        < 100 => $"{perSecond:0.0}/s",
        _ => $"{perSecond:N0}/s",
    };

    /// <summary>A time: <c>45 s</c>, <c>12 min 30 s</c>, <c>3 h 05 min</c>, <c>2 d 4 h</c>.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 9.95 } => $"{time.TotalSeconds:0.0} s",
        { TotalSeconds: < 90 } => $"{time.TotalSeconds:0} s",
        { TotalHours: < 1 } => $"{(int)time.TotalMinutes} min {time.Seconds:00} s",
        { TotalDays: < 1 } => $"{(int)time.TotalHours} h {time.Minutes:00} min",
        _ => $"{(int)time.TotalDays} d {time.Hours} h",
    };
}
