using Flair.DuckDb;

namespace Flair.Indexing;

/// <summary>Writes a query's rows as a Parquet file that appears whole or not at all.</summary>
internal static class ParquetFile
{
    /// <summary>Rows a row group, the unit in which readers skip what they do not need.</summary>
    private const int RowGroup = 100_000;

    /// <summary>Copies, reads the number of rows and the metadata back, and renames.</summary>
    /// <param name="connection">Of a database with one thread, so that the file is the same each time.</param>
    /// <param name="query">The rows, in order.</param>
    /// <param name="expected">How many there are.</param>
    /// <param name="metadata">The file's key-value metadata.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="FlairException">It does not read back as written. In this case as in the others nothing has changed under <paramref name="path"/>.</exception>
    /// <exception cref="DuckDbException">The query fails, or its rows cannot be written.</exception>
    /// <exception cref="IOException">The file cannot be flushed or renamed.</exception>
    public static void Write(DuckConnection connection, string query, long expected, IReadOnlyDictionary<string, string> metadata, string path)
    {
        var pairs = metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{DuckSql.Literal(pair.Key)}: {DuckSql.Literal(pair.Value)}");
        var keyValue = metadata.Count == 0 ? "" : $", KV_METADATA {{{string.Join(", ", pairs)}}}";
        DurableFile.Write(path, temporary =>
        {
            connection.Execute(
                $"COPY ({query}) TO {DuckSql.Literal(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {RowGroup}, USE_TMP_FILE false{keyValue})");
            var rows = CountRows(connection, [temporary]);
            if (rows != expected)
                throw new FlairException($"{path}: {rows} rows were read back where {expected} were written; look at the disk, then start again");
            var back = metadata.Count > 0 ? ReadMetadata(connection, temporary) : [];
            foreach (var (key, value) in metadata)
            {
                if (back.GetValueOrDefault(key) != value)
                    throw new FlairException($"{path}: the metadata {key} was not read back as written; look at the disk, then start again");
            }
        });
    }

    /// <summary>Rows in all the files, from their footers.</summary>
    public static long CountRows(DuckConnection connection, IReadOnlyCollection<string> paths) => paths.Count == 0 ? 0 : (long)connection.Scalar(
        $"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({DuckSql.List(paths.Select(DuckSql.EscapeGlob))})")!;

    /// <summary>The file's key-value metadata.</summary>
    public static Dictionary<string, string> ReadMetadata(DuckConnection connection, string path)
    {
        using var result = connection.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata({DuckSql.Path(path)})");
        return result.Rows().ToDictionary(row => (string)row[0]!, row => (string)row[1]!);
    }
}
