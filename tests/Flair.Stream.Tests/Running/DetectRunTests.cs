using System.Security.Cryptography;
using Flair.Indexing;
using Flair.Running;
using Flair.Settings;
using Flair.Stitching;
using Flair.Tests.Models;

namespace Flair.Tests.Running;

[Collection(LibTorchCollection.Name)]
public sealed class DetectRunTests : IDisposable
{
    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(StitchMode.Blend)]
    [InlineData(StitchMode.Crop)]
    public async Task Four_tiles_equal_their_mosaic(StitchMode stitch)
    {
        _scene.Write("input", 2, 2);
        _scene.Write("one", 2, 2, asMosaic: true);
        await Run(_scene.Settings("four") with { Stitch = stitch });
        await Run(Scene.Settings(Path.Combine(_scene.Root, "one"), _scene.Output("mosaic")) with { Stitch = stitch });

        var mosaic = Scene.Classes(_scene.Output("mosaic/tiles/mosaic.tif"));
        for (var row = 0; row < 2; row++)
        {
            for (var column = 0; column < 2; column++)
            {
                var tile = Scene.Classes(_scene.Output($"four/tiles/tile-{row}-{column}.tif"));
                var cut = Enumerable.Range(0, Scene.TileSize).SelectMany(y =>
                    mosaic.Skip((((row * Scene.TileSize) + y) * 2 * Scene.TileSize) + (column * Scene.TileSize)).Take(Scene.TileSize));
                Assert.Equal(cut, tile);
            }
        }

        Assert.True(mosaic.Distinct().Count() > 2, "a map of one class proves nothing");
    }

    [Theory]
    [InlineData(StitchMode.Blend)]
    [InlineData(StitchMode.Crop)]
    public async Task Windows_on_the_border_of_two_units_are_computed_once(StitchMode stitch)
    {
        _scene.Write("input", 3, 2);
        var settings = _scene.Settings("out") with { Stitch = stitch };
        var plan = RunPreparation.Prepare(settings, "1.0", _ => { }, new RunOptions(), null);
        var laid = plan.Units.SelectMany(unit => new UnitState(unit, plan.Lattice, plan.Mosaic.Covers).Rows).SelectMany(row => row).Select(placement => placement.Id).ToArray();
        long once = laid.Distinct().Count();
        Assert.True(plan.Units.Count > 1 && once < laid.Length, "the scene must lie on a border");

        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(settings, new RunOptions(), recorder, CancellationToken.None);
        Assert.Equal((once, once), (recorder.Plan!.Windows, summary.Final.WindowsComputed));
    }

    [Fact]
    public async Task A_tile_mapped_alone_beside_its_neighbours_files_equals_the_same_tile_of_a_whole_run()
    {
        _scene.Write("input", 3, 2);
        await Run(_scene.Settings("whole"));
        await Run(_scene.Settings("again"));
        foreach (var name in new[] { "tile-0-1", "tile-1-0" })
        {
            File.Delete(new IndexLayout(_scene.Output("again")).Record(name));
            File.Delete(_scene.Output($"again/tiles/{name}.tif"));
        }

        var recorder = await Run(_scene.Settings("again"));
        Assert.Equal(["tile-0-1", "tile-1-0"], recorder.Tiles.Select(tile => tile.Tile).Order());
        Assert.Equal(Digests("whole"), Digests("again"));
    }

    [Fact]
    public async Task A_run_that_is_stopped_goes_on_to_the_same_bytes()
    {
        _scene.Write("input", 3, 2);
        await Run(_scene.Settings("undisturbed"));
        using (var first = new Recorder(stopAfter: 2))
        {
            var summary = await DetectRun.RunAsync(_scene.Settings("stopped"), new RunOptions(), first, first.Stop);
            Assert.True(summary.Cancelled);
            Assert.Equal(130, summary.ExitCode);
        }

        using var second = new Recorder();
        var resumed = await DetectRun.RunAsync(_scene.Settings("stopped"), new RunOptions(), second, CancellationToken.None);
        Assert.Equal(0, resumed.ExitCode);
        Assert.InRange(second.Plan!.TilesFinished, 2, 5);
        Assert.Equal(6 - second.Plan.TilesFinished, second.Tiles.Count);
        Assert.Equal(Digests("undisturbed"), Digests("stopped"));
        Assert.Empty(Directory.GetFileSystemEntries(new OutputLayout(_scene.Settings("stopped")).Work));
    }

    [Fact]
    public async Task A_finished_run_has_nothing_left_to_do()
    {
        _scene.Write("input", 2, 1);
        await Run(_scene.Settings("out"));
        var before = Digests("out");
        var again = await Run(_scene.Settings("out"));
        Assert.Empty(again.Tiles);
        Assert.Equal(before, Digests("out"));
    }

    [Fact]
    public async Task A_changed_input_is_mapped_again_with_its_neighbours()
    {
        _scene.Write("input", 4, 1);
        await Run(_scene.Settings("out"));
        File.SetLastWriteTimeUtc(Path.Combine(_scene.Input, "tile-0-0.tif"), new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var again = await Run(_scene.Settings("out"));
        Assert.Equal(["tile-0-0", "tile-0-1"], again.Tiles.Select(tile => tile.Tile).Order());
    }

    [Fact]
    public async Task An_output_directory_of_other_settings_is_refused()
    {
        _scene.Write("input", 1, 1);
        await Run(_scene.Settings("out"));
        var other = await Assert.ThrowsAsync<FlairException>(() => Run(_scene.Settings("out") with { Window = new WindowSettings { Size = 64, Margin = 8 } }));
        Assert.Contains("window 64 16", other.Message, StringComparison.Ordinal);
        var classes = await Assert.ThrowsAsync<FlairException>(() =>
            Run(_scene.Settings("out") with { Model = new ModelSettings { Architecture = "resnet18_unet", Weights = "formula", Classes = "flair-19" } }));
        Assert.Contains("flair-12", classes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tile_that_cannot_be_read_is_listed_and_the_others_are_finished()
    {
        _scene.Write("input", 3, 1);
        var broken = Path.Combine(_scene.Input, "tile-0-2.tif");
        var bytes = await File.ReadAllBytesAsync(broken);
        Array.Fill(bytes, (byte)0x5a, bytes.Length / 2, bytes.Length / 4);
        await File.WriteAllBytesAsync(broken, bytes);

        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(_scene.Settings("out"), new RunOptions(), recorder, CancellationToken.None);
        Assert.Equal(1, summary.ExitCode);
        var failed = Assert.Single(summary.Failed);
        Assert.Equal("tile-0-2", failed.Tile);
        Assert.Contains("tile-0-2.tif", failed.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_scene.Output("out/tiles/tile-0-0.tif")));
        Assert.True(File.Exists(_scene.Output("out/tiles/tile-0-1.tif")));
        Assert.False(File.Exists(_scene.Output("out/tiles/tile-0-2.tif")));

        File.Delete(broken);
        _scene.Write("input", 3, 1);
        _scene.Write("fresh", 3, 1);
        var repaired = await Run(_scene.Settings("out"));
        Assert.Contains("tile-0-2", repaired.Tiles.Select(tile => tile.Tile));
        await Run(Scene.Settings(Path.Combine(_scene.Root, "fresh"), _scene.Output("whole")));
        Assert.Equal(Digests("whole"), Digests("out"));
    }

    [Fact]
    public async Task A_raster_that_cannot_even_be_opened_is_a_failed_tile_until_it_is_mended()
    {
        _scene.Write("input", 3, 1);
        await Run(_scene.Settings("undisturbed"));
        var broken = Path.Combine(_scene.Input, "tile-0-1.tif");
        await File.WriteAllBytesAsync(broken, []);

        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var recorder = new Recorder();
            var summary = await DetectRun.RunAsync(_scene.Settings("out"), new RunOptions(), recorder, CancellationToken.None);
            Assert.Equal(1, summary.ExitCode);
            Assert.Equal((3, 1), (summary.Final.TilesTotal, summary.Final.TilesFailed));
            Assert.Contains("tile-0-1.tif is empty", Assert.Single(summary.Failed).Error, StringComparison.Ordinal);
            Assert.Equal(attempt == 0 ? 3 : 1, recorder.Tiles.Count);
            Assert.True(File.Exists(_scene.Output("out/tiles/tile-0-2.tif")));
            Assert.False(File.Exists(_scene.Output("out/tiles/tile-0-1.tif")));
            using var index = new IndexInspector(_scene.Output("out"));
            using var found = index.Query("select status, width, bbox, geometry from tiles where tile = 'tile-0-1'");
            var row = Assert.Single(found.Rows());
            Assert.Equal(["failed", 0, null, null], row);
        }

        File.Delete(broken);
        _scene.Write("input", 3, 1);
        await Run(_scene.Settings("out"));
        Assert.Equal(Digests("undisturbed"), Digests("out"));
    }

    [Fact]
    public async Task A_raster_that_vanishes_while_the_run_goes_on_is_a_failed_tile_and_tried_again()
    {
        _scene.Write("input", 3, 1);
        await Run(_scene.Settings("undisturbed"));
        var bytes = await File.ReadAllBytesAsync(Path.Combine(_scene.Input, "tile-0-2.tif"));
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await File.WriteAllBytesAsync(Path.Combine(_scene.Input, "tile-0-2.tif"), bytes);
            using var recorder = new Recorder(started: () => File.Delete(Path.Combine(_scene.Input, "tile-0-2.tif")));
            var summary = await DetectRun.RunAsync(_scene.Settings("out"), new RunOptions(), recorder, CancellationToken.None);
            var failed = Assert.Single(summary.Failed);
            Assert.Equal((1, "tile-0-2", attempt), (summary.ExitCode, failed.Tile, failed.Attempts));
            Assert.EndsWith("(tried 2 times)", failed.Error, StringComparison.Ordinal);
        }

        await File.WriteAllBytesAsync(Path.Combine(_scene.Input, "tile-0-2.tif"), bytes);
        var mended = await Run(_scene.Settings("out"));
        Assert.Equal(3, mended.Tiles.Single(tile => tile.Tile == "tile-0-2").Attempts);
        Assert.Equal(Digests("undisturbed"), Digests("out"));
    }

    [Fact]
    public async Task A_run_that_got_nowhere_does_not_bind_the_next_to_its_settings()
    {
        _scene.Write("input", 1, 1);
        var others = _scene.Settings("out") with { BatchSize = 8 };
        using (var recorder = new Recorder())
            Assert.True((await DetectRun.RunAsync(others, new RunOptions(), recorder, new CancellationToken(canceled: true))).Cancelled);
        Assert.True(File.Exists(new OutputLayout(others).RunFile));
        await Run(_scene.Settings("out"));
        var refused = await Assert.ThrowsAsync<FlairException>(() => Run(others));
        Assert.Contains("batch", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pixels_without_data_get_the_nodata_code_and_windows_without_data_are_not_run()
    {
        static bool Hole(int x, int y) => x >= 140;
        _scene.Write("input", 4, 1, nodata: 255, hole: Hole);
        var recorder = await Run(_scene.Settings("out"));
        var codes = Enumerable.Range(0, 4).Select(column => Scene.Classes(_scene.Output($"out/tiles/tile-0-{column}.tif"))).ToArray();
        for (var x = 0; x < 4 * Scene.TileSize; x++)
        {
            var code = codes[x / Scene.TileSize][(70 * Scene.TileSize) + (x % Scene.TileSize)];
            Assert.Equal(Hole(x, 70), code == StitchBlock.Nodata);
        }

        var rows = recorder.Tiles.ToDictionary(tile => tile.Tile);
        Assert.Equal(0, rows["tile-0-3"].WindowsComputed);
        Assert.Equal((long)Scene.TileSize * Scene.TileSize, rows["tile-0-3"].NodataPixels);
        Assert.True(double.IsNaN(rows["tile-0-3"].MeanConfidence));
        Assert.Equal(10L * Scene.TileSize, rows["tile-0-0"].NodataPixels);
        Assert.Equal(140L * Scene.TileSize, rows["tile-0-0"].Histogram.Sum());
    }

    [Fact]
    public async Task Sixteen_bit_imagery_with_eight_bit_statistics_is_refused()
    {
        Directory.CreateDirectory(_scene.Input);
        using (var raster = Gdal.Raster.Create("GTiff", Path.Combine(_scene.Input, "deep.tif"), 64, 64, 3, Gdal.GdalType.UInt16))
        {
            raster.SetCrs("EPSG:2154");
            raster.SetGeoTransform([650000, 0.2, 0, 6860000, 0, -0.2]);
        }

        var error = await Assert.ThrowsAsync<FlairException>(() => Run(_scene.Settings("out")));
        Assert.Contains("UInt16", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_scene.Output("out")));
    }

    private static async Task<Recorder> Run(RunSettings settings)
    {
        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(settings, new RunOptions(), recorder, CancellationToken.None);
        Assert.Equal(0, summary.ExitCode);
        return recorder;
    }

    /// <summary>Names and digests of everything a run publishes but the index, whose seconds are measurements.</summary>
    private List<string> Digests(string output) =>
    [
        .. Directory.EnumerateFiles(_scene.Output(output), "*", SearchOption.AllDirectories)
            .Where(path => !path.Contains(".flair", StringComparison.Ordinal) && !path.EndsWith(".parquet", StringComparison.Ordinal))
            .Select(path => $"{Path.GetRelativePath(_scene.Output(output), path)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}")
            .Order(StringComparer.Ordinal),
    ];
}
