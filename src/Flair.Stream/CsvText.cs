namespace Flair;

/// <summary>Comma-separated values.</summary>
internal static class CsvText
{
    /// <summary>A field, in quotes where RFC 4180 wants them.</summary>
    public static string Field(string text) =>
        text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
