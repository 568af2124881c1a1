using System.Text.Json;
using Flair.DuckDb;
using Flair.Publishing;
using Flair.Storage;

namespace Flair.Indexing;

/// <summary>
/// Reads the index of an output directory: of a finished run from its two Parquet files, of one that goes on or was killed from the
/// records and fragments of the tiles so far. It changes nothing there.
/// </summary>
public sealed class IndexInspector : IDisposable
{
    private const long MemoryLimit = 1L << 30;

    private readonly string _scratch = Path.Combine(Path.GetTempPath(), $"flair-inspect-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private readonly DuckDatabase _database;
    private readonly DuckConnection _connection;

    /// <summary>Opens the index of an output directory or address (whose index is then downloaded to a temporary directory).</summary>
    /// <exception cref="FlairException">The directory is not there, holds no index, or one that cannot be read.</exception>
    public IndexInspector(string output)
    {
        if (ObjectPath.IsRemoteText(output))
            output = Download(output);
        if (!Directory.Exists(output))
            throw new FlairException($"{output}: no such directory; give the output directory of flair detect");
        var layout = new IndexLayout(Path.GetFullPath(output));
        Finished = File.Exists(layout.Tiles) && File.Exists(layout.Slices);
        if (!Finished && !File.Exists(layout.Description))
            throw new FlairException($"{output} holds no index (neither tiles.parquet nor a run under way); give the output directory of flair detect");

        _database = new DuckDatabase(new DuckOptions { MemoryLimit = MemoryLimit, TemporaryDirectory = _scratch });
        _connection = _database.Connect();
        try
        {
            Description = Finished ? OpenFiles(layout) : OpenRun(layout);
        }
        catch (Exception e)
        {
            Dispose();
            if (e is DuckDbException or JsonException or IOException or UnauthorizedAccessException)
                throw new FlairException($"{output}: the index cannot be read: {MessageText.OneLine(e.Message)}", e);
            throw;
        }
    }

    /// <summary>True when the run has written its two Parquet files.</summary>
    public bool Finished { get; }

    /// <summary>Grid and classes.</summary>
    public IndexDescription Description { get; }

    /// <summary>Counts, areas and confidence over all tiles.</summary>
    /// <exception cref="FlairException">The index cannot be read.</exception>
    public IndexSummary Summary()
    {
        var totals = Select("""
            SELECT
                count(*) FILTER (status = 'done'),
                count(*) FILTER (status = 'failed'),
                coalesce(sum(windows) FILTER (status = 'done'), 0)::BIGINT,
                coalesce(sum(windows_computed) FILTER (status = 'done'), 0)::BIGINT,
                coalesce(sum(width::BIGINT * height) FILTER (status = 'done'), 0)::BIGINT,
                coalesce(sum(nodata_pixels) FILTER (status = 'done'), 0)::BIGINT,
                -- 0 / 0 where no tile has data is NULL
                sum(mean_confidence * (width::BIGINT * height - nodata_pixels)) FILTER (mean_confidence IS NOT NULL)
                    / nullif(sum(width::BIGINT * height - nodata_pixels) FILTER (mean_confidence IS NOT NULL), 0),
                coalesce(sum(seconds), 0)
            FROM tiles
            """)[0];
        return new IndexSummary
        {
            Finished = Finished,
            TilesDone = (long)totals[0]!,
            TilesFailed = (long)totals[1]!,
            Windows = (long)totals[2]!,
            WindowsComputed = (long)totals[3]!,
            Pixels = (long)totals[4]!,
            NodataPixels = (long)totals[5]!,
            MeanConfidence = (double?)totals[6],
            Seconds = (double)totals[7]!,
            Classes = Areas(),
        };
    }

    /// <summary>The tiles that took longest, slowest first.</summary>
    /// <exception cref="FlairException">The index cannot be read.</exception>
    public IReadOnlyList<TileLine> SlowestTiles(int count) => Lines($"WHERE status = 'done' ORDER BY seconds DESC, tile LIMIT {count}");

    /// <summary>The tiles that failed, by name.</summary>
    /// <exception cref="FlairException">The index cannot be read.</exception>
    public IReadOnlyList<TileLine> FailedTiles() => Lines("WHERE status = 'failed' ORDER BY tile");

    /// <summary>
    /// Runs one reading statement (SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE) over <c>slices</c> and <c>tiles</c>. It can reach
    /// no other file, no network, and none of DuckDB's settings.
    /// </summary>
    /// <exception cref="FlairException">It is another statement, or DuckDB refuses it; one line.</exception>
    public DuckResult Query(string sql)
    {
        try
        {
            using var statement = _connection.Prepare(sql);
            // DuckDB turns some PRAGMAs into a SELECT, so the type alone does not tell.
            if (statement.Type != DuckStatementType.Select || sql.AsSpan().TrimStart().StartsWith("pragma", StringComparison.OrdinalIgnoreCase))
                throw new FlairException("only one reading statement is allowed: SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW or SUMMARIZE over slices and tiles");
            return statement.Execute();
        }
        catch (DuckDbException e)
        {
            throw new FlairException($"the query fails: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
        if (Directory.Exists(_scratch))
            Directory.Delete(_scratch, recursive: true);
    }

    private string Download(string address)
    {
        var folder = Path.Combine(_scratch, "index");
        try
        {
            RemoteIndex.Download(address, folder);
            return folder;
        }
        catch
        {
            if (Directory.Exists(_scratch))
                Directory.Delete(_scratch, recursive: true);
            throw;
        }
    }

    private IndexDescription OpenFiles(IndexLayout layout)
    {
        _connection.Execute($"CREATE VIEW tiles AS SELECT * FROM read_parquet({DuckSql.Path(layout.Tiles)})");
        _connection.Execute($"CREATE VIEW slices AS SELECT * FROM read_parquet({DuckSql.Path(layout.Slices)})");
        var description = IndexDescription.FromMetadata(ParquetFile.ReadMetadata(_connection, layout.Tiles));
        Close([layout.Tiles, layout.Slices]);
        return description;
    }

    private IndexDescription OpenRun(IndexLayout layout)
    {
        var description = IndexDescription.Load(layout);
        IndexWriter.LoadTiles(_connection, TileRecordFile.ReadAll(layout), description);
        var fragments = IndexWriter.Fragments(_connection, layout).FindAll(File.Exists);
        _connection.Execute($"ALTER TABLE tiles DROP COLUMN {TileTable.Order}");
        _connection.Execute("ALTER TABLE tiles ALTER geometry TYPE GEOMETRY USING ST_GeomFromWKB(geometry)"); // as DuckDB reads it from GeoParquet
        _connection.Execute($"CREATE VIEW slices AS SELECT * REPLACE (ST_GeomFromWKB(geometry) AS geometry) FROM ({IndexWriter.SelectSlices(_connection, fragments)})");
        Close(fragments);
        return description;
    }

    /// <summary>
    /// Shuts the database off from everything but these files; DuckDB lets nobody undo it. It asks for a file twice, as the glob that the
    /// view names and as what the glob finds.
    /// </summary>
    private void Close(IReadOnlyCollection<string> files) => _connection.Execute($"""
        SET allowed_paths = {DuckSql.List(files.Concat(files.Select(DuckSql.EscapeGlob)))};
        SET enable_external_access = false;
        SET lock_configuration = true
        """);

    private List<ClassArea> Areas()
    {
        var pixels = Select("""
            SELECT class, sum(pixels)::BIGINT
            FROM (SELECT generate_subscripts(histogram, 1) - 1 AS class, unnest(histogram) AS pixels FROM tiles WHERE status = 'done')
            GROUP BY class
            """).ToDictionary(row => (long)row[0]!, row => (long)row[1]!);
        var all = Math.Max(1, pixels.Values.Sum());
        var hectares = Description.HectaresPerPixel;
        return [.. Description.Classes.Classes.Select(c =>
        {
            var count = pixels.GetValueOrDefault(c.Index);
            return new ClassArea(c.Index, c.Name, c.Color, c.Active, count, count * hectares, (double)count / all);
        })];
    }

    private List<TileLine> Lines(string clauses) =>
    [
        .. Select($"SELECT tile, seconds, windows, windows_computed, attempts, error FROM tiles {clauses}")
            .Select(row => new TileLine((string)row[0]!, (double)row[1]!, (int)row[2]!, (int)row[3]!, (int)row[4]!, (string?)row[5])),
    ];

    private List<object?[]> Select(string sql)
    {
        using var result = Query(sql);
        return [.. result.Rows()];
    }
}
