using Flair.Indexing;

namespace Flair.Tests.Simulation;

/// <summary>What an output must be.</summary>
internal sealed class ReferenceOutput(string folder)
{
    private static readonly string[] s_queries =
        ["SELECT * EXCLUDE (seconds, batch) FROM slices", "SELECT * EXCLUDE (seconds, requests, bytes_received, attempts) FROM tiles"];

    /// <summary>The files that users see, but for the index.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; } = OutputState.OfFolder(folder).Files
        .Where(file => !file.Key.StartsWith(".flair", StringComparison.Ordinal) && !file.Key.EndsWith(".parquet", StringComparison.Ordinal))
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>The index's rows without measurements.</summary>
    public string Rows { get; } = RowsOf(folder);

    public static string RowsOf(string folder)
    {
        using var inspector = new IndexInspector(folder);
        using var text = new StringWriter();
        foreach (var query in s_queries)
        {
            using var result = inspector.Query(query);
            ResultFormatter.Write(text, result, ResultFormat.Json);
        }

        return text.ToString();
    }
}
