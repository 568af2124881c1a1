using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Flair.Indexing;
using Flair.Running;
using Flair.Settings;
using Flair.Tests.Models;

namespace Flair.Tests.Running;

/// <summary>A second night on the output of the first: what is done again, why, and what is left alone.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class NightlyTests : IDisposable
{
    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(2001)]
    [InlineData(2041)]
    public async Task Another_time_of_a_file_counts_be_it_earlier_or_later_and_whatever_the_clock_says(int year)
    {
        _scene.Write("input", 4, 1);
        await Run();
        File.SetLastWriteTimeUtc(Input("tile-0-0"), new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var record = await Run();
        Assert.Equal(["tile-0-0 input changed", "tile-0-1 neighbour changed"], Why(record));
        Assert.Equal([Input("tile-0-0")], record.InputsChanged.First);
        Assert.Equal(2, record.Skipped);
        Assert.Empty(Why(await Run()));
    }

    [Fact]
    public async Task A_file_of_the_same_size_and_an_earlier_time_replaces_its_tile()
    {
        _scene.Write("input", 3, 1);
        await Run();
        var before = Scene.Classes(Tile("tile-0-0"));
        var (bytes, time) = (await File.ReadAllBytesAsync(Input("tile-0-0")), File.GetLastWriteTimeUtc(Input("tile-0-0")));
        _scene.Write("other", 3, 1, nodata: 9, hole: (x, y) => y < 75);
        var other = await File.ReadAllBytesAsync(Path.Combine(_scene.Root, "other", "tile-0-0.tif"));
        Assert.True(other.Length < bytes.Length);
        Array.Resize(ref other, bytes.Length); // TIFF readers do not look behind the last block
        await File.WriteAllBytesAsync(Input("tile-0-0"), other);
        File.SetLastWriteTimeUtc(Input("tile-0-0"), time.AddYears(-3));

        Assert.Equal(["tile-0-0 input changed", "tile-0-1 neighbour changed"], Why(await Run()));
        Assert.NotEqual(before, Scene.Classes(Tile("tile-0-0")));
    }

    [Fact]
    public async Task An_input_beside_finished_tiles_brings_its_neighbours_along_and_nobody_else()
    {
        _scene.Write("input", 4, 1);
        await Run("whole");
        File.Move(Input("tile-0-3"), _scene.Output("tile-0-3.tif"));
        await Run();
        File.Move(_scene.Output("tile-0-3.tif"), Input("tile-0-3"));

        var record = await Run();
        Assert.Equal(["tile-0-2 neighbour changed", "tile-0-3 new"], Why(record));
        Assert.Equal([Input("tile-0-3")], record.InputsAdded.First);
        Assert.Equal(Digests("whole"), Digests("out"));
    }

    [Fact]
    public async Task Tiles_without_input_stay_until_they_are_pruned()
    {
        _scene.Write("input", 5, 1);
        await Run();
        File.Delete(Input("tile-0-0"));
        File.Delete(Input("tile-0-1"));

        var record = await Run();
        Assert.Equal(["tile-0-2 neighbour changed"], Why(record));
        Assert.Equal(["tile-0-0", "tile-0-1"], record.TilesKept.First);
        Assert.Equal([Input("tile-0-0"), Input("tile-0-1")], record.InputsRemoved.First);
        Assert.Contains("--prune", record.Next, StringComparison.Ordinal);
        Assert.Equal(5, Listed().Count);
        Assert.Contains("tile-0-0.tif", await File.ReadAllTextAsync(_scene.Output("out/map.vrt")), StringComparison.Ordinal);

        // Nothing changes any more, and still it is told.
        Assert.Equal(2, (await Run()).TilesKept.Count);

        var pruned = await Run(options: new RunOptions { Prune = true });
        Assert.Equal(["tile-0-0", "tile-0-1"], pruned.TilesPruned.First);
        Assert.Empty(Why(pruned));
        Assert.Equal(["tile-0-2", "tile-0-3", "tile-0-4"], Listed());
        await Run("fresh");
        Assert.Equal(Digests("fresh"), Digests("out"));
        Assert.Equal(State("fresh"), State("out"));
        Assert.Equal(0, (await Run()).TilesKept.Count);
    }

    [Fact]
    public async Task An_input_far_from_all_others_that_is_gone_leaves_index_and_map_as_they_are()
    {
        _scene.Write("input", 4, 1);
        File.Delete(Input("tile-0-1"));
        File.Delete(Input("tile-0-2"));
        await Run();
        var before = Digests("out", everything: true);
        File.Move(Input("tile-0-3"), _scene.Output("away.tif"));
        Assert.Equal(["tile-0-3"], (await Run()).TilesKept.First);
        Assert.Equal(["tile-0-0", "tile-0-3"], Listed());
        Assert.Equal(before.Where(line => line.Contains(".parquet", StringComparison.Ordinal)), Digests("out", everything: true).Where(line => line.Contains(".parquet", StringComparison.Ordinal)));

        // Back again, it is known.
        File.Move(_scene.Output("away.tif"), Input("tile-0-3"));
        Assert.Empty(Why(await Run()));
        Assert.Equal(before, Digests("out", everything: true));
    }

    [Fact]
    public async Task A_renamed_input_counts_once()
    {
        _scene.Write("input", 3, 1);
        await Run();
        File.Move(Input("tile-0-2"), Input("renamed"));
        var record = await Run();
        Assert.Equal(["renamed new", "tile-0-1 neighbour changed"], Why(record));
        Assert.Equal(["tile-0-2"], record.TilesLeft.First);
        Assert.Equal(["renamed", "tile-0-0", "tile-0-1"], Listed());
        Assert.True(File.Exists(Tile("tile-0-2")));

        // And back: the former tile is still good, and the index follows though nothing of it is mapped but the neighbour.
        File.Move(Input("renamed"), Input("tile-0-2"));
        Assert.Equal(["tile-0-1 neighbour changed"], Why(await Run()));
        Assert.Equal(["tile-0-0", "tile-0-1", "tile-0-2"], Listed());
        await Run(options: new RunOptions { Prune = true });
        Assert.False(File.Exists(Tile("renamed")));
    }

    [Fact]
    public async Task A_product_that_is_missing_for_a_night_stops_the_run_and_spoils_nothing()
    {
        _scene.Write("input", 2, 1);
        _scene.Write("second", 2, 1);
        var settings = _scene.Settings("out") with
        {
            Inputs =
            [
                new ProductSettings { Name = "rgb", Paths = [_scene.Input], Bands = [1, 2] },
                new ProductSettings { Name = "more", Paths = [Path.Combine(_scene.Root, "second")], Bands = [3] },
            ],
        };
        await Run(settings);
        var before = Digests("out", everything: true);
        var (missing, away) = (Path.Combine(_scene.Root, "second", "tile-0-1.tif"), _scene.Output("away.tif"));
        File.Move(missing, away);
        var error = await Assert.ThrowsAsync<FlairException>(() => Run(settings));
        Assert.Contains("tile-0-1.tif has no more", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Digests("out", everything: true));
        File.Move(away, missing);
        Assert.Empty(Why(await Run(settings)));
    }

    [Fact]
    public async Task Other_settings_are_refused_with_what_differs_until_they_are_to_replace_the_old()
    {
        _scene.Write("input", 3, 1);
        await Run();
        var before = Digests("out", everything: true);
        var other = _scene.Settings("out") with { Window = new WindowSettings { Size = 64, Margin = 8 }, BatchSize = 2, Outputs = new OutputSettings { Confidence = false } };
        var refused = await Assert.ThrowsAsync<FlairException>(() => Run(other));
        Assert.Contains("\"window 64 16\" where this run has \"window 64 8\"", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"batch 4\"", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--replace", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(before, Digests("out", everything: true));

        // Stopped in the middle: the rest is still there, as it was, and the directory belongs to the new settings.
        using (var first = new Recorder(stopAfter: 1))
            Assert.True((await DetectRun.RunAsync(other, new RunOptions { Replace = true }, first, first.Stop)).Cancelled);
        Assert.True(File.Exists(Tile("tile-0-2")));
        await Assert.ThrowsAsync<FlairException>(() => Run());
        var record = await Run(other);
        Assert.All(Why(record), line => Assert.EndsWith("other settings", line, StringComparison.Ordinal));
        Assert.InRange(record.Done, 1, 2);

        await Run(other with { Output = _scene.Output("fresh") });
        Assert.Equal(Digests("fresh"), Digests("out"));
        Assert.Equal(State("fresh"), State("out"));
    }

    [Fact]
    public async Task A_replacement_leaves_tiles_without_input_out_of_a_map_that_is_no_longer_theirs()
    {
        _scene.Write("input", 4, 1);
        await Run();
        File.Delete(Input("tile-0-3"));
        var other = _scene.Settings("out") with { Model = new ModelSettings { Architecture = "resnet18_unet", Weights = "formula", Classes = "flair-19" } };
        var record = await Run(other, new RunOptions { Replace = true });
        Assert.Equal(["tile-0-0 other model", "tile-0-1 other model", "tile-0-2 other model"], Why(record));
        Assert.Equal(["tile-0-3"], record.TilesLeft.First);
        Assert.Equal(["tile-0-0", "tile-0-1", "tile-0-2"], Listed());
        Assert.True(File.Exists(Tile("tile-0-3")));
    }

    [Fact]
    public async Task Another_grid_is_refused_even_as_a_replacement()
    {
        _scene.Write("input", 1, 1);
        await Run();
        File.Delete(Input("tile-0-0"));
        using (var raster = Gdal.Raster.Create("GTiff", Input("coarse"), 64, 64, 3, Gdal.GdalType.Byte))
        {
            raster.SetCrs("EPSG:2154");
            raster.SetGeoTransform([650000, 0.5, 0, 6860000, 0, -0.5]);
        }

        var refused = await Assert.ThrowsAsync<FlairException>(() => Run(options: new RunOptions { Replace = true }));
        Assert.Contains("its grid is", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_version_of_the_program_goes_on_but_not_another_algorithm()
    {
        _scene.Write("input", 2, 1);
        await Run(options: new RunOptions { Version = "0.9.1" });
        Assert.Empty(Why(await Run(options: new RunOptions { Version = "0.9.2" })));

        var file = new OutputLayout(_scene.Settings("out")).RunFile;
        var text = await File.ReadAllTextAsync(file);
        var algorithm = Regex.Match(text, @"settings \d\\n").Value;
        await File.WriteAllTextAsync(file, text.Replace(algorithm, @"settings 0\n", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<FlairException>(() => Run());
        Assert.Contains($"algorithm 0 (program 0.9.1), this program's is {algorithm["settings ".Length]};", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Bf16)]
    public async Task Auto_keeps_to_the_precision_of_the_output(Precision made)
    {
        _scene.Write("input", 1, 1);
        if (made == Precision.Bf16 && !OneDnn.OneDnnLibrary.HasBFloat16)
            return;
        await Run(_scene.Settings("out") with { Precision = made });
        var auto = _scene.Settings("out") with { Precision = Precision.Auto };
        var plan = RunPreparation.Prepare(auto, "0", _ => { });
        Assert.Equal(made, plan.Settings.Precision);
        Assert.Empty(plan.Units);

        // What is said outright is another setting, and a replacement chooses freely.
        var other = made == Precision.Fp32 ? Precision.Bf16 : Precision.Fp32;
        var refused = Assert.Throws<FlairException>(() => RunPreparation.Prepare(auto with { Precision = other }, "0", _ => { }));
        Assert.Contains("precision", refused.Message, StringComparison.Ordinal);
        Assert.Equal(
            RunPreparation.Prepare(auto with { Output = _scene.Output("new") }, "0", _ => { }).Settings.Precision,
            RunPreparation.Prepare(auto, "0", _ => { }, new RunOptions { Replace = true }).Settings.Precision);
    }

    [Fact]
    public async Task The_record_tells_of_a_run_that_was_killed_and_of_tiles_that_failed()
    {
        _scene.Write("input", 2, 1);
        await Run();
        var layout = new OutputLayout(_scene.Settings("out"));
        (RunRecord.TryRead(layout)! with { Outcome = "running" }).Write(layout);
        File.Delete(Tile("tile-0-0"));
        await File.WriteAllBytesAsync(Input("tile-0-1"), []);

        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(_scene.Settings("out"), new RunOptions(), recorder, CancellationToken.None);
        var record = RunRecord.TryRead(layout)!;
        Assert.Equal(1, summary.ExitCode);
        Assert.True(record.FormerRunKilled);
        Assert.Equal(("some tiles failed", 1, 1, 1), (record.Outcome, record.ExitCode, record.Done, record.Failed));
        Assert.Contains("is empty", Assert.Single(record.FailedTiles).Error, StringComparison.Ordinal);
        Assert.Equal(["tile-0-0 was incomplete"], Why(record));
    }

    [Fact]
    public async Task A_record_that_names_files_elsewhere_removes_none_there()
    {
        _scene.Write("input", 2, 1);
        await Run();
        var precious = _scene.Output("precious.tif");
        await File.WriteAllTextAsync(precious, "not ours");
        var record = new IndexLayout(_scene.Output("out")).Record("tile-0-1");
        Assert.True(TileRecordFile.TryRead(record, out var row, out _));
        TileRecordFile.Write(record, row with { Outputs = [.. row.Outputs, new OutputFile("../precious.tif", 8, ""), new OutputFile(precious, 8, "")] });
        File.Delete(Input("tile-0-1"));
        await Run(options: new RunOptions { Prune = true });
        Assert.True(File.Exists(precious));
    }

    private string Input(string tile) => Path.Combine(_scene.Input, tile + ".tif");

    private string Tile(string tile) => _scene.Output($"out/tiles/{tile}.tif");

    private Task<RunRecord> Run(string output = "out", RunOptions? options = null) => Run(_scene.Settings(output), options);

    private static async Task<RunRecord> Run(RunSettings settings, RunOptions? options = null)
    {
        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(settings, options ?? new RunOptions(), recorder, CancellationToken.None);
        Assert.Equal(0, summary.ExitCode);
        return summary.Record!;
    }

    private static IEnumerable<string> Why(RunRecord record) => record.DoneTiles.Select(tile => $"{tile.Tile} {tile.Reason}").Order(StringComparer.Ordinal);

    private List<string> Listed()
    {
        using var index = new IndexInspector(_scene.Output("out"));
        using var rows = index.Query("select tile from tiles where tile in (select tile from slices) order by tile");
        return [.. rows.Rows().Select(row => (string)row[0]!)];
    }

    /// <summary>Names of the records and fragments.</summary>
    private List<string> State(string output) =>
    [
        .. new[] { "tiles", "slices" }.SelectMany(folder => Directory.GetFiles(_scene.Output($"{output}/.flair/{folder}"))).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Names and digests of what a run publishes, with or without the index, whose seconds are measurements.</summary>
    private List<string> Digests(string output, bool everything = false) =>
    [
        .. Directory.EnumerateFiles(_scene.Output(output), "*", SearchOption.AllDirectories)
            .Where(path => !path.Contains(".flair", StringComparison.Ordinal) && (everything || !path.EndsWith(".parquet", StringComparison.Ordinal)))
            .Select(path => $"{Path.GetRelativePath(_scene.Output(output), path)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}")
            .Order(StringComparer.Ordinal),
    ];
}
