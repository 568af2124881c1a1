using Flair.DuckDb;

namespace Flair.Indexing;

/// <summary>Writes the windows of one tile, as the part that <see cref="IndexWriter"/> puts into <c>slices.parquet</c>.</summary>
public static class SliceFragmentWriter
{
    private const long MemoryLimit = 256L << 20;

    /// <summary>
    /// Writes a Parquet file with the columns of <c>slices</c>, its rows along a Hilbert curve; the same rows give the same bytes in
    /// whatever order they come. It appears under <paramref name="path"/> when it has been read back.
    /// </summary>
    /// <exception cref="FlairException">It cannot be written; nothing has changed under <paramref name="path"/>.</exception>
    public static void Write(string path, IReadOnlyList<SliceRow> rows)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using var database = new DuckDatabase(new DuckOptions { Threads = 1, MemoryLimit = MemoryLimit });
            using var connection = database.Connect();
            connection.Execute($"CREATE TABLE slices ({SliceTable.Columns})");
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
}
