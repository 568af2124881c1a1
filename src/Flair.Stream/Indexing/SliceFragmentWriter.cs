using Flair.DuckDb;

namespace Flair.Indexing;

/// <summary>
/// Writes the windows of tiles, each as the part that <see cref="IndexWriter"/> puts into <c>slices.parquet</c>. One database in memory serves all
/// of them, as opening one costs more than writing a fragment; it is made when it is first needed. Used by one thread at a time.
/// </summary>
public sealed class SliceFragmentWriter : IDisposable
{
    private const long MemoryLimit = 256L << 20;

    private DuckConnection? _connection;

    /// <summary>
    /// Writes a Parquet file with the columns of <c>slices</c>, its rows along a Hilbert curve; the same rows give the same bytes in
    /// whatever order they come, and whatever was written before. It appears under <paramref name="path"/> when it has been read back.
    /// </summary>
    /// <exception cref="FlairException">It cannot be written; nothing has changed under <paramref name="path"/>.</exception>
    public void Add(string path, IReadOnlyList<SliceRow> rows)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var connection = _connection ??= Open();
            connection.Execute($"CREATE OR REPLACE TABLE slices ({SliceTable.Columns})");
            using (var appender = connection.Append("slices"))
            {
                foreach (var row in SliceTable.Sorted(rows))
                    SliceTable.Append(appender, row);
                appender.Complete();
            }

            ParquetFile.Write(connection, "SELECT * FROM slices", rows.Count, new Dictionary<string, string>(), path);
        }
        catch (Exception e) when (e is DuckDbException or IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Frees the database.</summary>
    public void Dispose() => _connection?.Dispose();

    private static DuckConnection Open()
    {
        using var database = new DuckDatabase(new DuckOptions { Threads = 1, MemoryLimit = MemoryLimit });
        return database.Connect();
    }
}
