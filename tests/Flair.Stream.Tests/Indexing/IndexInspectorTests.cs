using Flair.Indexing;

namespace Flair.Tests.Indexing;

public sealed class IndexInspectorTests : IDisposable
{
    private readonly OutputDirectory _output = new();

    private IndexLayout Layout => _output.Layout;

    public void Dispose() => _output.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SummaryIsTheSameBeforeAndAfterTheFilesAreBuilt(bool finished)
    {
        using var inspector = Open(finished);
        var summary = inspector.Summary();
        Assert.Equal(finished, summary.Finished);
        Assert.Equal((8, 1), (summary.TilesDone, summary.TilesFailed));
        Assert.Equal((200, 192), (summary.Windows, summary.WindowsComputed));
        Assert.Equal((8_000_000, 2_000_000), (summary.Pixels, summary.NodataPixels));
        Assert.Equal(0.75, summary.MeanConfidence!.Value, 9);
        Assert.Equal(3 * (0 + 1 + 2) + 3 * 0.3, summary.Seconds, 9);
        Assert.Equal([("bâtiment", true, 4_000_000L), ("water", true, 2_000_000L), ("other", false, 0L)], summary.Classes.Select(c => (c.Name, c.Active, c.Pixels)));
        Assert.Equal([16.0, 8.0, 0.0], summary.Classes.Select(c => Math.Round(c.Hectares!.Value, 9))); // 4,000,000 × 0.04 m² = 16 ha
        Assert.Equal([2 / 3.0, 1 / 3.0, 0], summary.Classes.Select(c => c.Share));
        Assert.Equal(0xdb0e9a, summary.Classes[0].Color);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SlowAndFailedTilesAreListed(bool finished)
    {
        using var inspector = Open(finished);
        Assert.Equal(["33-2024-0002-0001-LA93", "33-2024-0002-0000-LA93"], inspector.SlowestTiles(2).Select(tile => tile.Tile));
        Assert.Equal(2.1, inspector.SlowestTiles(1)[0].Seconds, 9);
        var failed = Assert.Single(inspector.FailedTiles());
        Assert.Equal(("33-2024-0002-0002-LA93", 2, "truncated, \"twice\"\nreally"), (failed.Tile, failed.Attempts, failed.Error));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void QueriesSeeBothTablesAndTheirPublishedColumns(bool finished)
    {
        using var inspector = Open(finished);
        Assert.Equal([200L], Rows(inspector, "SELECT count(*) FROM slices JOIN tiles ON tile = output_id WHERE status = 'done'").Single());
        Assert.Equal(["slices", "tiles"], Rows(inspector, "SHOW TABLES").Select(row => row[0]));
        Assert.Equal(22, Rows(inspector, "DESCRIBE tiles").Count);
        Assert.Equal(23, Rows(inspector, "DESCRIBE slices").Count);
        Assert.Equal(23, Rows(inspector, "SUMMARIZE slices").Count);
        Assert.Equal(["POLYGON ((400000 6399800, 400200 6399800, 400200 6400000, 400000 6400000, 400000 6399800))"], Rows(inspector, "SELECT ST_AsText(geometry) FROM tiles WHERE tile LIKE '%-0000-0000-%'").Single());
        Assert.Equal([8L], Rows(inspector, "SELECT count(*) FROM slices WHERE ST_AsText(geometry) LIKE 'POLYGON%' AND id = 'r0-c0'").Single());
        Assert.Equal([9L], Rows(inspector, " with t as (from tiles) select count(*) from t; ").Single());
        Assert.Equal([3L], Rows(inspector, "-- a comment\nFROM tiles SELECT count(*) WHERE bbox.xmin < 400100").Single());
    }

    [Fact]
    public void ATileWithoutAWholeRecordIsNotThere()
    {
        IndexData.WriteRun(Layout, 2);
        File.WriteAllText(Layout.Record(IndexData.Tile(1, 1).Tile), "{\"version\":1,");
        using var inspector = new IndexInspector(_output.Path);
        Assert.Equal(3, inspector.Summary().TilesDone);
        Assert.Equal([75L], Rows(inspector, "SELECT count(*) FROM slices").Single());
    }

    [Fact]
    public void ARunThatHasJustBegunIsEmpty()
    {
        IndexData.Description.Save(Layout);
        using var inspector = new IndexInspector(_output.Path);
        var summary = inspector.Summary();
        Assert.Equal((0L, 0L, null), (summary.TilesDone, summary.Windows, summary.MeanConfidence));
        Assert.Equal([0L, 0L, 0L], summary.Classes.Select(c => c.Pixels));
        Assert.Empty(Rows(inspector, "SELECT * FROM slices"));
    }

    [Fact]
    public void ADiscardedIndexIsReadFromTheRecords()
    {
        using (Open(finished: true))
        {
        }

        Layout.Discard();
        using var inspector = new IndexInspector(_output.Path);
        Assert.False(inspector.Finished);
        Assert.Equal(8, inspector.Summary().TilesDone);
    }

    [Fact]
    public void BadDirectoriesAreNamedInOneLine()
    {
        var nowhere = Path.Combine(_output.Path, "nowhere");
        Assert.Contains(nowhere, Assert.Throws<FlairException>(() => new IndexInspector(nowhere)).Message, StringComparison.Ordinal);
        Assert.Contains("holds no index", Assert.Throws<FlairException>(() => new IndexInspector(_output.Path)).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Layout.Work);
        foreach (var json in (string[])["", "null", "{}", """{"grid":null}""", """{"grid":{"crs_wkt":"","epsg":0,"anchor_x":0,"anchor_y":0,"pixel_width":1,"pixel_height":1},"classes":{"name":"x","classes":[{}]},"proj_json":null}"""])
        {
            File.WriteAllText(Layout.Description, json);
            Assert.Contains("index.json", Assert.Throws<FlairException>(() => new IndexInspector(_output.Path)).Message, StringComparison.Ordinal);
        }

        File.WriteAllText(Layout.Tiles, "PAR1 but not really");
        File.WriteAllText(Layout.Slices, "PAR1 but not really");
        var e = Assert.Throws<FlairException>(() => new IndexInspector(_output.Path));
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void HectaresNeedALengthUnit()
    {
        var grid = IndexData.Grid;
        Assert.Equal(4e-6, (IndexData.Description with { Grid = grid }).HectaresPerPixel!.Value, 12);
        Assert.Equal(4e-6, (IndexData.Description with { Grid = grid with { CrsWkt = "" } }).HectaresPerPixel!.Value, 12);
        var feet = """PROJCRS["x",BASEGEOGCRS["y",ANGLEUNIT["degree",0.0174532925199433]],CS[Cartesian,2],AXIS["e",east,LENGTHUNIT["US survey foot",0.304800609601219]],AXIS["n",north,LENGTHUNIT["US survey foot",0.304800609601219]]]""";
        Assert.Equal(4e-6 * 0.304800609601219 * 0.304800609601219, (IndexData.Description with { Grid = grid with { CrsWkt = feet } }).HectaresPerPixel!.Value, 15);
        Assert.Null((IndexData.Description with { Grid = grid with { CrsWkt = """GEOGCS["WGS 84",UNIT["degree",0.0174532925199433]]""" } }).HectaresPerPixel);
    }

    /// <summary>Nine tiles, the last one failed.</summary>
    private IndexInspector Open(bool finished)
    {
        var tiles = IndexData.WriteRun(Layout, 3, (x, y) => x == 2 && y == 2 ? TileStatus.Failed : TileStatus.Done);
        if (finished)
            IndexWriter.Compact(Layout, tiles, IndexData.Description);
        return new IndexInspector(_output.Path);
    }

    private static List<object?[]> Rows(IndexInspector inspector, string sql)
    {
        using var result = inspector.Query(sql);
        return [.. result.Rows()];
    }
}
