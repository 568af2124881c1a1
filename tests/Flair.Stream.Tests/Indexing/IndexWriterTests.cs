using System.Buffers.Binary;
using System.Text.Json;
using Flair.DuckDb;
using Flair.Indexing;

namespace Flair.Tests.Indexing;

public sealed class IndexWriterTests : IDisposable
{
    private readonly OutputDirectory _output = new();
    private readonly DuckDatabase _database = new(new DuckOptions { Threads = 1 });
    private readonly DuckConnection _connection;

    public IndexWriterTests() => _connection = _database.Connect();

    private IndexLayout Layout => _output.Layout;

    private string Slices => DuckSql.Path(Layout.Slices);

    private string Tiles => DuckSql.Path(Layout.Tiles);

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
        _output.Dispose();
    }

    [Fact]
    public void SlicesHaveFlairsColumnsAndWhatHappened()
    {
        IndexWriter.Compact(Layout, IndexData.WriteRun(Layout, 2), IndexData.Description);
        using (var columns = _connection.Query($"SELECT * FROM {Slices} LIMIT 0"))
        {
            Assert.Equal(
                [
                    "id VARCHAR", "output_id VARCHAR", "job_done INTEGER", "left DOUBLE", "bottom DOUBLE", "right DOUBLE", "top DOUBLE", "left_o DOUBLE",
                    "bottom_o DOUBLE", "right_o DOUBLE", "top_o DOUBLE", "column INTEGER", "row INTEGER", "width INTEGER", "height INTEGER",
                    "computed BOOLEAN", "batch INTEGER", "seconds DOUBLE", "nodata_share DOUBLE", "histogram BIGINT[]", "mean_confidence DOUBLE",
                    "bbox STRUCT(xmin DOUBLE, ymin DOUBLE, xmax DOUBLE, ymax DOUBLE)",
                ],
                columns.Columns.Select(column => $"{column.Name} {column.Type}").SkipLast(1));
        }

        Assert.Equal(100L, _connection.Scalar($"SELECT count(*) FROM {Slices}"));
        using var rows = _connection.Query($"""
            SELECT id, output_id, "left", top, right_o, bottom_o, "column", "row", width, batch, histogram, mean_confidence, bbox
            FROM {Slices} WHERE output_id = '33-2024-0001-0000-LA93' AND id IN ('r0-c0', 'r1-c2') ORDER BY id
            """);
        var read = rows.Rows().ToList();
        Assert.Equal([null, Array.Empty<object?>(), null], read[0][9..12]);
        Assert.Equal(
            ["r1-c2", "33-2024-0001-0000-LA93", 400200 + (512 * 0.2), 6_400_000 - (256 * 0.2), 400400.0, 6_399_800.0, 2_001_384, -31_999_872, 512, 1],
            read[1][..10].Select(value => value is double d ? Math.Round(d, 6) : value));
        Assert.Equal(new object?[] { 40_000L, 25_536L, 0L }, read[1][10]);
        Assert.Equal(0.75, read[1][11]);
        var box = Assert.IsType<DuckStruct>(read[1][12]);
        Assert.Equal(400276.8, (double)box["xmin"]!, 6);
        Assert.Equal(400276.8 + 102.4, (double)box["xmax"]!, 6);
    }

    [Fact]
    public void TilesHaveEverythingOfTheirRows()
    {
        IndexWriter.Compact(Layout, IndexData.WriteRun(Layout, 2, (x, y) => x + y == 2 ? TileStatus.Failed : TileStatus.Done), IndexData.Description);
        using var rows = _connection.Query($"SELECT * EXCLUDE (geometry) FROM {Tiles} WHERE tile LIKE '%-0001-00%' ORDER BY tile");
        var columns = rows.Columns.Select(column => column.Name).ToList();
        var read = rows.Rows().ToList();
        object? Value(int row, string column) => read[row][columns.IndexOf(column)];
        Assert.Equal("done", Value(0, "status"));
        Assert.Null(Value(0, "error"));
        Assert.Equal(3.0, (double)Value(0, "area_ha")!, 9); // 750,000 pixels of 0.04 m²
        Assert.Equal(new object?[] { 500_000L, 250_000L, 0L }, Value(0, "histogram"));
        var input = Assert.IsType<DuckStruct>(Assert.IsType<object?[]>(Value(0, "inputs"))[0]);
        Assert.Equal(["/data/rvb é/1.jp2", 123L, new DateTime(638_400_000_000_000_000)], input.Values);
        var file = Assert.IsType<DuckStruct>(Assert.Single(Assert.IsType<object?[]>(Value(0, "outputs"))));
        Assert.Equal(["classes/1.tif", 789L, "dd"], file.Values);
        Assert.Equal("failed", Value(1, "status"));
        Assert.Equal("truncated, \"twice\"\nreally", Value(1, "error"));
        Assert.Null(Value(1, "mean_confidence"));
        Assert.Equal(75L, _connection.Scalar($"SELECT count(*) FROM {Slices}"));
    }

    [Fact]
    public void BothFilesFollowTheGeoParquetSpecification()
    {
        IndexWriter.Compact(Layout, IndexData.WriteRun(Layout, 2), IndexData.Description);
        foreach (var file in (string[])[Slices, Tiles])
        {
            var metadata = Metadata(file);
            using var geo = JsonDocument.Parse(metadata["geo"]);
            Assert.Equal("1.1.0", geo.RootElement.GetProperty("version").GetString());
            Assert.Equal("geometry", geo.RootElement.GetProperty("primary_column").GetString());
            var column = geo.RootElement.GetProperty("columns").GetProperty("geometry");
            Assert.Equal("WKB", column.GetProperty("encoding").GetString());
            Assert.Equal("""["Polygon"]""", column.GetProperty("geometry_types").GetRawText());
            Assert.Equal(IndexData.ProjJson, column.GetProperty("crs").GetRawText());
            Assert.Equal("counterclockwise", column.GetProperty("orientation").GetString());
            Assert.Equal(
                """{"xmin":["bbox","xmin"],"ymin":["bbox","ymin"],"xmax":["bbox","xmax"],"ymax":["bbox","ymax"]}""",
                column.GetProperty("covering").GetProperty("bbox").GetRawText());
            // One primitive physical column of bytes and no logical type: DuckDB's own GEOMETRY would be another version of GeoParquet.
            Assert.Equal("BYTE_ARRAY, NULL", _connection.Scalar($"SELECT concat_ws(', ', type, coalesce(logical_type, 'NULL')) FROM parquet_schema({file}) WHERE name = 'geometry'"));
            Assert.Equal("ZSTD", _connection.Scalar($"SELECT string_agg(DISTINCT compression) FROM parquet_metadata({file})"));

            double left = double.MaxValue, bottom = left, right = double.MinValue, top = right;
            using (var rows = _connection.Query($"SELECT geometry, bbox FROM read_parquet({file}, binary_as_string = false)"))
            {
                foreach (var row in rows.Rows())
                {
                    var ring = Ring(Assert.IsType<byte[]>(row[0]));
                    Assert.Equal(ring[0], ring[^1]);
                    Assert.True(ring.Zip(ring.Skip(1), (a, b) => (a.X * b.Y) - (b.X * a.Y)).Sum() > 0, "the ring runs clockwise");
                    var box = Assert.IsType<DuckStruct>(row[1]);
                    Assert.Equal([ring.Min(p => p.X), ring.Min(p => p.Y), ring.Max(p => p.X), ring.Max(p => p.Y)], box.Values.Cast<double>());
                    (left, bottom) = (Math.Min(left, ring.Min(p => p.X)), Math.Min(bottom, ring.Min(p => p.Y)));
                    (right, top) = (Math.Max(right, ring.Max(p => p.X)), Math.Max(top, ring.Max(p => p.Y)));
                }
            }

            Assert.Equal([left, bottom, right, top], column.GetProperty("bbox").EnumerateArray().Select(number => number.GetDouble()));
        }

        Assert.Equal(
            """{"name":"three","classes":[{"index":0,"name":"b\u00E2timent","color":"#db0e9a","active":true},{"index":1,"name":"water","color":"#1553ae","active":true},{"index":2,"name":"other","color":"#000000","active":false}]}""",
            Metadata(Tiles)["flair:classes"]);
    }

    [Fact]
    public void AnUnknownCrsIsNullNotLeftOut()
    {
        IndexWriter.Compact(Layout, IndexData.WriteRun(Layout, 1), IndexData.Description with { ProjJson = null });
        using var geo = JsonDocument.Parse(Metadata(Slices)["geo"]);
        Assert.Equal(JsonValueKind.Null, geo.RootElement.GetProperty("columns").GetProperty("geometry").GetProperty("crs").ValueKind);
    }

    [Fact]
    public void TheSameRowsInAnyOrderGiveTheSameBytes()
    {
        using var other = new OutputDirectory();
        var tiles = IndexData.WriteRun(Layout, 3);
        IndexWriter.Compact(Layout, tiles, IndexData.Description);
        foreach (var (x, y) in tiles.Select((_, n) => (n % 3, n / 3)).Reverse())
            IndexData.WriteFragment(other.Layout.Fragment(IndexData.Tile(x, y).Tile), [.. IndexData.Slices(x, y).OrderBy(row => row.Window.X)]);
        IndexWriter.Compact(other.Layout, Enumerable.Reverse(tiles), IndexData.Description);
        Assert.Equal(File.ReadAllBytes(Layout.Slices), File.ReadAllBytes(other.Layout.Slices));
        Assert.Equal(File.ReadAllBytes(Layout.Tiles), File.ReadAllBytes(other.Layout.Tiles));
    }

    [Fact]
    public void AFragmentIsTheSameWhateverWasWrittenBefore()
    {
        using var other = new OutputDirectory();
        using var writer = new SliceFragmentWriter();
        Directory.CreateDirectory(Layout.Fragment("in the way"));
        Assert.Throws<FlairException>(() => writer.Add(Layout.Fragment("in the way"), IndexData.Slices(5, 5)));
        for (var x = 0; x < 3; x++)
        {
            var name = IndexData.Tile(x, 0).Tile;
            writer.Add(Layout.Fragment(name), IndexData.Slices(x, 0));
            IndexData.WriteFragment(other.Layout.Fragment(name), IndexData.Slices(x, 0));
            Assert.Equal(File.ReadAllBytes(other.Layout.Fragment(name)), File.ReadAllBytes(Layout.Fragment(name)));
        }
    }

    [Fact]
    public void NeighboursOnTheGroundAreNeighboursInTheFile()
    {
        var path = Layout.Fragment("t");
        var model = IndexData.Slices(0, 0)[1];
        IndexData.WriteFragment(path, [.. from y in Enumerable.Range(0, 64) from x in Enumerable.Range(0, 64)
            select model with { Id = $"r{y}-c{x}", Window = new(1000 + (256 * x), -9000 + (256 * y), 512, 512) }]);
        using var rows = _connection.Query($"""SELECT "column" // 256, "row" // 256 FROM read_parquet({DuckSql.Path(path)}, file_row_number = true) ORDER BY file_row_number""");
        var sizes = rows.Rows().Select(row => (X: (int)row[0]!, Y: (int)row[1]!)).Chunk(64)
            .Select(chunk => chunk.Max(p => p.X) - chunk.Min(p => p.X) + chunk.Max(p => p.Y) - chunk.Min(p => p.Y)).ToList();
        Assert.Equal(64, sizes.Count);
        Assert.True(sizes.Average() < 24, $"64 windows in a row span {sizes.Average()} windows across and down; row by row they would span 63");
    }

    [Fact]
    public void ManyTilesAreJoinedInOrderInLittleMemory()
    {
        const int side = 17, windows = 1040; // 289 tiles, more than are read at once; 300,560 windows
        var kinds = new[] { "even", "odd" };
        foreach (var kind in kinds)
            IndexData.WriteFragment(Path.Combine(_output.Path, kind), [.. IndexData.Slices(0, 0, windows).Select((row, n) => row with { Id = kind, MeanConfidence = n / 2048.0 })]);
        Directory.CreateDirectory(Layout.Fragments);
        var tiles = (from y in Enumerable.Range(0, side) from x in Enumerable.Range(0, side) select (x, y, Row: IndexData.Tile(x, y))).ToList();
        foreach (var (x, y, row) in tiles)
            File.Copy(Path.Combine(_output.Path, kinds[(x + y) % 2]), Layout.Fragment(row.Tile));
        IndexWriter.Compact(Layout, tiles.Select(tile => tile.Row), IndexData.Description, memoryLimit: 128 << 20);

        using var order = _connection.Query($"SELECT tile FROM read_parquet({Tiles}, file_row_number = true) ORDER BY file_row_number");
        var kindOf = tiles.ToDictionary(tile => tile.Row.Tile, tile => kinds[(tile.x + tile.y) % 2]);
        var expected = order.Rows().SelectMany(row => Enumerable.Repeat(kindOf[(string)row[0]!], windows)).ToList();
        using var read = _connection.Query($"SELECT id FROM read_parquet({Slices}, file_row_number = true) ORDER BY file_row_number");
        Assert.Equal(expected, read.Rows().Select(row => (string)row[0]!));
        Assert.Equal(3L, _connection.Scalar($"SELECT count(DISTINCT row_group_id) FROM parquet_metadata({Slices})"));
        Assert.False(Directory.Exists(Layout.Scratch));
    }

    [Fact]
    public void ARunWithoutAFinishedTileHasAnIndexToo()
    {
        IndexWriter.Compact(Layout, IndexData.WriteRun(Layout, 1, (_, _) => TileStatus.Failed), IndexData.Description);
        Assert.Equal(0L, _connection.Scalar($"SELECT count(*) FROM {Slices}"));
        Assert.Equal(1L, _connection.Scalar($"SELECT count(*) FROM {Tiles} WHERE histogram = []"));
        IndexWriter.Compact(Layout, [], IndexData.Description);
        Assert.Equal(0L, _connection.Scalar($"SELECT count(*) FROM {Tiles}"));
    }

    [Fact]
    public void NothingIsLeftUnderTheFinalNameWhenItFails()
    {
        var tiles = IndexData.WriteRun(Layout, 2);
        var fragment = Layout.Fragment(tiles[3].Tile);
        var bytes = File.ReadAllBytes(fragment);
        bytes.AsSpan(100, 600).Clear(); // the footer is whole, the data are not
        File.WriteAllBytes(fragment, bytes);
        var torn = Assert.Throws<FlairException>(() => IndexWriter.Compact(Layout, tiles, IndexData.Description));
        Assert.DoesNotContain('\n', torn.Message);
        Assert.Equal([Layout.Work], Directory.GetFileSystemEntries(Layout.Output));
        Assert.False(Directory.Exists(Layout.Scratch));

        File.Delete(fragment);
        var missing = Assert.Throws<FlairException>(() => IndexWriter.Compact(Layout, tiles, IndexData.Description));
        Assert.Contains(tiles[3].Tile, missing.Message, StringComparison.Ordinal);
        Assert.Equal([Layout.Work], Directory.GetFileSystemEntries(Layout.Output));
    }

    [Fact]
    public void ACancelledIndexIsNotThere()
    {
        var tiles = IndexData.WriteRun(Layout, 2);
        IndexWriter.Compact(Layout, tiles, IndexData.Description);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() => IndexWriter.Compact(Layout, tiles, IndexData.Description, cancellation: cancellation.Token));
        Assert.False(File.Exists(Layout.Tiles));
        Assert.False(Directory.Exists(Layout.Scratch));
    }

    [Fact]
    public void AFragmentThatCannotBeWrittenIsNamedAndLeavesNothing()
    {
        var path = Path.Combine(_output.Path, "a directory.parquet");
        Directory.CreateDirectory(path);
        var e = Assert.Throws<FlairException>(() => IndexData.WriteFragment(path, IndexData.Slices(0, 0)));
        Assert.Contains("a directory.parquet", e.Message, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFileSystemEntries(_output.Path));
    }

    [Fact]
    public void AnInterruptedFragmentIsOverwritten()
    {
        var path = Layout.Fragment("t");
        Directory.CreateDirectory(Layout.Fragments);
        File.WriteAllText(DurableFile.TemporaryName(path), "half");
        IndexData.WriteFragment(path, IndexData.Slices(0, 0));
        Assert.Equal([path], Directory.GetFiles(Layout.Fragments));
        Assert.Equal(25L, _connection.Scalar($"SELECT count(*) FROM {DuckSql.Path(path)}"));
    }

    [Fact]
    public void TheSameTileTwiceIsRefused()
    {
        var tiles = IndexData.WriteRun(Layout, 1);
        var e = Assert.Throws<FlairException>(() => IndexWriter.Compact(Layout, [.. tiles, .. tiles], IndexData.Description));
        Assert.Contains(tiles[0].Tile, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TileNamesDoNotLeaveTheWorkFolder()
    {
        Assert.Equal(Path.Combine(Layout.Records, "..%2Fa%5B1%5D%C3%A9.json"), Layout.Record("../a[1]é"));
    }

    private static List<(double X, double Y)> Ring(byte[] wkb)
    {
        Assert.Equal(1, wkb[0]);
        Assert.Equal(3, BinaryPrimitives.ReadInt32LittleEndian(wkb.AsSpan(1)));
        Assert.Equal(1, BinaryPrimitives.ReadInt32LittleEndian(wkb.AsSpan(5)));
        var points = BinaryPrimitives.ReadInt32LittleEndian(wkb.AsSpan(9));
        Assert.Equal(13 + (16 * points), wkb.Length);
        return [.. Enumerable.Range(0, points).Select(i => (
            BinaryPrimitives.ReadDoubleLittleEndian(wkb.AsSpan(13 + (16 * i))),
            BinaryPrimitives.ReadDoubleLittleEndian(wkb.AsSpan(21 + (16 * i)))))];
    }

    private Dictionary<string, string> Metadata(string file)
    {
        using var rows = _connection.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata({file})");
        return rows.Rows().ToDictionary(row => (string)row[0]!, row => (string)row[1]!);
    }
}
