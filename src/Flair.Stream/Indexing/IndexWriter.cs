using Flair.DuckDb;

namespace Flair.Indexing;

/// <summary>Builds <c>slices.parquet</c> and <c>tiles.parquet</c> from what the tiles left, as GeoParquet 1.1.0.</summary>
public static class IndexWriter
{
    /// <summary>Files that one query reads.</summary>
    private const int FilesAtOnce = 256;

    /// <summary>
    /// Writes both files, <c>tiles.parquet</c> last. Tiles lie along a Hilbert curve by their centres, and the windows of a tile, which
    /// its fragment already holds in that order, follow each other: the rows are streamed, never sorted as a whole, so that memory does
    /// not grow with them. The fragments stay, for a later run that adds tiles.
    /// </summary>
    /// <param name="layout">The output directory.</param>
    /// <param name="tiles">All tiles, in any order; a tile that is done has its fragment.</param>
    /// <param name="description">Grid, classes and CRS.</param>
    /// <param name="memoryLimit">Bytes that DuckDB may take, 128 MiB or more.</param>
    /// <param name="cancellation">Stops it within a moment.</param>
    /// <exception cref="FlairException">
    /// A tile is listed twice, the fragment of a tile is missing or cannot be read, or a file cannot be written.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled; neither file is there.</exception>
    public static void Compact(
        IndexLayout layout,
        IEnumerable<TileRow> tiles,
        IndexDescription description,
        long memoryLimit = 1L << 30,
        CancellationToken cancellation = default)
    {
        // One thread: with more, the cut into row groups would depend on which is faster.
        var options = new DuckOptions { Threads = 1, MemoryLimit = memoryLimit };
        try
        {
            Directory.CreateDirectory(layout.Scratch);
            using var database = new DuckDatabase(options with { TemporaryDirectory = layout.Scratch });
            using var connection = database.Connect();
            var count = LoadTiles(connection, tiles, description);
            var fragments = Fragments(connection, layout);
            File.Delete(layout.Tiles);
            WriteSlices(options, layout, fragments, description, cancellation);
            using var interrupt = cancellation.Register(connection.Interrupt);
            Write(
                connection,
                layout.Tiles,
                $"SELECT * EXCLUDE ({TileTable.Order}) FROM tiles ORDER BY {TileTable.Order}, tile",
                "tiles",
                count,
                description);
        }
        catch (Exception e) when (e is (DuckDbException or FlairException) && cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation); // DuckDB reports the interruption as an error of the query
        }
        catch (Exception e) when (e is DuckDbException or IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{layout.Output}: the index cannot be built: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(layout.Scratch))
                Directory.Delete(layout.Scratch, recursive: true);
        }
    }

    /// <summary>Makes the table <c>tiles</c> of a connection.</summary>
    /// <returns>How many there are.</returns>
    internal static long LoadTiles(DuckConnection connection, IEnumerable<TileRow> tiles, IndexDescription description)
    {
        connection.Execute($"CREATE TABLE tiles ({TileTable.Columns})");
        var names = new HashSet<string>(StringComparer.Ordinal);
        using var appender = connection.Append("tiles");
        foreach (var tile in tiles)
        {
            if (!names.Add(tile.Tile))
                throw new FlairException($"the tile {tile.Tile} is listed twice; two inputs must not have the same name");
            TileTable.Append(appender, tile.WithoutSecrets(), description);
        }

        appender.Complete();
        return names.Count;
    }

    /// <summary>The fragments of the tiles that are done, in the order of the tiles.</summary>
    internal static List<string> Fragments(DuckConnection connection, IndexLayout layout)
    {
        using var names = connection.Query($"SELECT tile FROM tiles WHERE status = 'done' ORDER BY {TileTable.Order}, tile");
        return [.. names.Rows().Select(row => layout.Fragment((string)row[0]!))];
    }

    /// <summary>The windows in all these fragments, in their order; without any, no rows of the same columns.</summary>
    internal static string SelectSlices(DuckConnection connection, IReadOnlyCollection<string> fragments)
    {
        if (fragments.Count > 0)
            return $"SELECT * FROM read_parquet({DuckSql.List(fragments.Select(DuckSql.EscapeGlob))})";
        connection.Execute($"CREATE TABLE no_slices ({SliceTable.Columns})");
        return "SELECT * FROM no_slices";
    }

    private static void WriteSlices(
        DuckOptions options, IndexLayout layout, List<string> fragments, IndexDescription description, CancellationToken cancellation)
    {
        var missing = fragments.Find(path => !File.Exists(path));
        if (missing is not null)
            throw new FlairException($"{missing} is missing though the record of its tile is there; remove the record in {layout.Records} to compute the tile again");
        var (files, count) = Merge(options, layout, fragments, cancellation);
        using var database = new DuckDatabase(options);
        using var connection = database.Connect();
        using var interrupt = cancellation.Register(connection.Interrupt);
        var query = SelectSlices(connection, files);
        Write(connection, layout.Slices, query, $"({query})", count, description);
    }

    /// <summary>
    /// Joins neighbouring fragments until few are left: DuckDB keeps the footers of all the files that a query reads, about 80 kB each.
    /// These databases have nowhere to spill to: they stream, or fail where a change made them do otherwise.
    /// </summary>
    /// <returns>Files that hold all the rows in the same order, and how many rows.</returns>
    private static (IReadOnlyCollection<string> Files, long Rows) Merge(
        DuckOptions options, IndexLayout layout, List<string> fragments, CancellationToken cancellation)
    {
        var joined = new List<string>();
        long rows = 0;
        foreach (var some in fragments.Chunk(Math.Max(FilesAtOnce, (fragments.Count + FilesAtOnce - 1) / FilesAtOnce)))
        {
            cancellation.ThrowIfCancellationRequested();
            using var database = new DuckDatabase(options);
            using var connection = database.Connect();
            using var interrupt = cancellation.Register(connection.Interrupt);
            rows += ParquetFile.CountRows(connection, some);
            if (fragments.Count <= FilesAtOnce)
                continue;
            var path = Path.Combine(layout.Scratch, $"slices-{joined.Count:00000}.parquet");
            connection.Execute($"COPY ({SelectSlices(connection, some)}) TO {DuckSql.Literal(path)} (FORMAT parquet, COMPRESSION lz4)");
            joined.Add(path);
        }

        return (fragments.Count <= FilesAtOnce ? fragments : joined, rows);
    }

    private static void Write(DuckConnection connection, string path, string query, string source, long count, IndexDescription description)
    {
        GeoBox? extent = null;
        using (var result = connection.Query($"SELECT min(bbox.xmin), min(bbox.ymin), max(bbox.xmax), max(bbox.ymax) FROM {source}"))
        {
            if (result.Rows().Single() is [double left, double bottom, double right, double top])
            {
                // JSON has no infinity, and a map no such place.
                if (!double.IsFinite(left + bottom + right + top))
                    throw new FlairException($"{path}: the rows for it lie at infinity, as no run writes them; remove the output directory and run flair detect again");
                extent = new GeoBox(left, bottom, right, top);
            }
        }

        var metadata = description.ToMetadata();
        metadata["geo"] = GeoParquet.Metadata(description.ProjJson, extent);
        ParquetFile.Write(connection, query, count, metadata, path);
    }
}
