using System.Globalization;
using System.Text.Json;
using Flair.Models.Layers;

namespace Flair.Patches;

/// <summary>
/// FLAIR's aerial metadata as the network takes them: where, when and with which camera a patch was taken, in 45 numbers. Source:
/// <c>parsing_metadata</c> in FLAIR-1's <c>src/flair/tasks_utils.py</c>, its quirks included: a month m has the phase m − 1/12 of a whole turn,
/// which is 11/12 for every month.
/// <list type="table">
/// <item><term>0–15</term><description>sine and cosine, by turns, of x / 10⁸ × 10^(−8·2i/16), i = 0 … 7; x in metres.</description></item>
/// <item><term>16–31</term><description>The same of y.</description></item>
/// <item><term>32</term><description>Altitude in metres / 3164.9099121094.</description></item>
/// <item><term>33, 34</term><description>1, 0 for a UCE camera, 0, 1 for another.</description></item>
/// <item><term>35–38</term><description>1 for the year, 2018 to 2021.</description></item>
/// <item><term>39–44</term><description>Sine and cosine of month, day / 31 and time of the day, from −1 … 1 to 0 … 1.</description></item>
/// </list>
/// </summary>
public static class AerialMetadata
{
    /// <summary>Numbers a patch.</summary>
    public const int Length = MetadataLayer.Values;

    private const int FirstYear = 2018;
    private const int Years = 4;
    private const int MostNamed = 20;
    private const double CoordinateScale = 10e7;
    private const double HighestAltitude = 3164.9099121094;

    /// <summary>Reads the metadata of patches.</summary>
    /// <param name="json">FLAIR's <c>flair_aerial_metadata.json</c>: an object with one of <c>patch_centroid_x</c>, <c>_y</c>, <c>_z</c>, <c>date</c>, <c>time</c> and <c>camera</c> a patch.</param>
    /// <param name="patches">The patches; the name of a patch is its image's file name without the last four characters, as FLAIR-1 takes it.</param>
    /// <returns><see cref="Length"/> numbers a patch, in the patches' order.</returns>
    /// <exception cref="FlairException">The file cannot be read, or patches are missing or have unusable values: all of them in one message.</exception>
    public static IReadOnlyList<float[]> Read(string json, IReadOnlyList<PatchFiles> patches)
    {
        ArgumentException.ThrowIfNullOrEmpty(json);
        ArgumentNullException.ThrowIfNull(patches);
        using var document = Open(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new FlairException($"{json}: the aerial metadata must be an object with one entry a patch");

        // A look-up in a JsonElement walks all of its entries; of two with one name the last counts, as in Python.
        var entries = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var entry in document.RootElement.EnumerateObject())
        {
            if (NameOf(entry) is { } name)
                entries[name] = entry.Value;
        }

        var encoded = new List<float[]>(patches.Count);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var wrong = new List<string>();
        foreach (var patch in patches)
        {
            var name = NameOf(patch.Image);
            if (!entries.TryGetValue(name, out var entry))
                missing.Add(name);
            else if (Encode(entry, out var problem) is { } values)
                encoded.Add(values);
            else
                wrong.Add($"{json}: '{name}' {MessageText.OneLine(problem)}");
        }

        if (missing.Count > 0)
        {
            var more = missing.Count > MostNamed ? $" and {missing.Count - MostNamed} more" : "";
            wrong.Insert(0, $"{json}: no metadata of {missing.Count} {(missing.Count == 1 ? "patch" : "patches")}: {string.Join(", ", missing.Take(MostNamed))}{more}");
        }

        if (wrong.Count > 0)
            throw new FlairException(string.Join('\n', wrong.Take(MostNamed)) + (wrong.Count > MostNamed ? $"\n{json}: and {wrong.Count - MostNamed} more" : ""));
        return encoded;
    }

    /// <summary>Null where it is half of a pair of UTF-16, which no file's name is.</summary>
    private static string? NameOf(JsonProperty entry)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string NameOf(string image)
    {
        var file = image[(image.LastIndexOf('/') + 1)..];
        return file[..Math.Max(0, file.Length - 4)];
    }

    private static JsonDocument Open(string json)
    {
        try
        {
            using var file = File.OpenRead(json);
            return JsonDocument.Parse(file);
        }
        catch (JsonException e)
        {
            throw new FlairException($"{json}:{e.LineNumber + 1}: the aerial metadata are not JSON from here on", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{json}: the aerial metadata cannot be read ({e.Message.TrimEnd('.')})", e);
        }
    }

    private static float[]? Encode(JsonElement entry, out string problem)
    {
        problem = "must be an object";
        if (entry.ValueKind != JsonValueKind.Object)
            return null;
        if (Number(entry, "patch_centroid_x", ref problem) is not { } x || Number(entry, "patch_centroid_y", ref problem) is not { } y
            || Number(entry, "patch_centroid_z", ref problem) is not { } z || Text(entry, "camera", ref problem) is not { } camera
            || Text(entry, "date", ref problem) is not { } date || Text(entry, "time", ref problem) is not { } time)
        {
            return null;
        }

        var values = new float[Length];
        EncodeCoordinate(x, values.AsSpan(0, 16));
        EncodeCoordinate(y, values.AsSpan(16, 16));
        values[32] = (float)(z / HighestAltitude);
        values[camera.Contains("UCE", StringComparison.Ordinal) ? 33 : 34] = 1;
        return EncodeDate(date, values, out problem) && EncodeTime(time, values, out problem) ? values : null;
    }

    private static void EncodeCoordinate(double metres, Span<float> values)
    {
        for (var i = 0; i < values.Length / 2; i++)
        {
            var angle = metres / CoordinateScale / Math.Pow(CoordinateScale, 2.0 * i / values.Length);
            values[2 * i] = (float)Math.Sin(angle);
            values[(2 * i) + 1] = (float)Math.Cos(angle);
        }
    }

    private static bool EncodeDate(string date, float[] values, out string problem)
    {
        problem = $"has the date '{date}', not one such as 2019-07-14 in {FirstYear} to {FirstYear + Years - 1}, the years that FLAIR-1 knows";
        if (date.Split('-') is not [var yearText, var monthText, var dayText] || !Whole(yearText, out var year) || !Whole(monthText, out var month) || !Whole(dayText, out var day)
            || yearText.Length != 4 || year < FirstYear || year >= FirstYear + Years || month is < 1 or > 12 || day is < 1 or > 31)
        {
            return false;
        }

        values[35 + year - FirstYear] = 1;
        EncodeTurn(month - (1.0 / 12), values.AsSpan(39, 2));
        EncodeTurn(day / 31.0, values.AsSpan(41, 2));
        return true;
    }

    private static bool EncodeTime(string time, float[] values, out string problem)
    {
        problem = $"has the time '{time}', not one such as 9h05";
        if (time.Split('h') is not [var hourText, var minuteText] || !Whole(hourText, out var hour) || !Whole(minuteText, out var minute) || hour > 24 || minute > 59)
            return false;
        EncodeTurn(((hour * 3600) + (minute * 60)) / 86400.0, values.AsSpan(43, 2));
        return true;
    }

    private static void EncodeTurn(double turns, Span<float> values)
    {
        var angle = 2 * Math.PI * turns;
        values[0] = (float)((Math.Sin(angle) + 1) / 2);
        values[1] = (float)((Math.Cos(angle) + 1) / 2);
    }

    private static double? Number(JsonElement entry, string key, ref string problem)
    {
        if (entry.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number))
            return number;
        problem = $"has no number '{key}'";
        return null;
    }

    private static string? Text(JsonElement entry, string key, ref string problem)
    {
        try
        {
            if (entry.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String)
                return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a pair of UTF-16 is no text.
        }

        problem = $"has no text '{key}'";
        return null;
    }

    // Python's int() takes spaces around a number too.
    private static bool Whole(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value);
}
