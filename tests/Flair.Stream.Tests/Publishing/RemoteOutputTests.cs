using Flair.Indexing;
using Flair.Running;
using Flair.Settings;
using Flair.Storage;
using Flair.Tests.Models;
using Flair.Tests.Running;

namespace Flair.Tests.Publishing;

/// <summary>Runs whose output is a store; a directory stands for the storage, which sees every call.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class RemoteOutputTests : IDisposable
{
    private const string Address = "az://box/map";
    private readonly Scene _scene = new();

    private string Storage => _scene.Output("storage");

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task A_run_that_is_killed_at_any_call_goes_on_to_the_same_output()
    {
        _scene.Write("input", 2, 1);
        var whole = new WatchedStore(new LocalStore(_scene.Output("undisturbed")));
        await Run(whole, "first");
        Assert.InRange(whole.Calls, 30, 200);
        await RunLocal();
        AssertEqual(_scene.Output("local"), _scene.Output("undisturbed"));

        // One output, killed again and again, each time a little later; now on the same machine, now on another, now with the answer lost.
        for (int killAt = 0, attempt = 0; ; attempt++)
        {
            using var recorder = new Recorder();
            using var stop = new CancellationTokenSource();
            var store = new WatchedStore(new LocalStore(Storage), killAt, done: attempt % 2 == 0, killed: stop.Cancel);
            var ended = await Ended(Settings(attempt % 3 == 0 ? $"other-{attempt}" : "same"), store, recorder, stop.Token);
            Assert.All(Records(Storage), row => AssertWhole(Storage, row));
            if (ended)
                break;
            killAt = Math.Max(killAt + 3, store.Calls / 2);
            Assert.InRange(attempt, 0, 60);
        }

        AssertEqual(_scene.Output("undisturbed"), Storage);
        Assert.Equal(Keys(_scene.Output("undisturbed")), Keys(Storage));
    }

    [Fact]
    public async Task Each_call_may_be_the_last_while_a_tile_is_committed()
    {
        _scene.Write("input", 1, 1);
        var whole = new WatchedStore(new LocalStore(_scene.Output("undisturbed")));
        await Run(whole, "first");
        for (int killAt = 1; killAt < whole.Calls; killAt += 4)
        {
            var storage = _scene.Output($"storage-{killAt}");
            using (var recorder = new Recorder())
            {
                using var stop = new CancellationTokenSource();
                Assert.False(await Ended(Settings($"work-{killAt}"), new WatchedStore(new LocalStore(storage), killAt, done: killAt % 8 == 1, killed: stop.Cancel), recorder, stop.Token));
            }

            var committed = Records(storage).Count;
            Assert.All(Records(storage), row => AssertWhole(storage, row));
            Assert.Equal(1 - committed, (await Run(new WatchedStore(new LocalStore(storage)), $"work-{killAt}")).Tiles.Count);
            AssertEqual(_scene.Output("undisturbed"), storage);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Runs_at_once_on_one_output_leave_one_whole_result(int runs)
    {
        _scene.Write("input", 2, 2);
        await RunLocal();
        await Task.WhenAll(Enumerable.Range(0, runs).Select(i => Run(new WatchedStore(new LocalStore(Storage)), $"work-{i % 2}")));

        AssertEqual(_scene.Output("local"), Storage);
        Assert.All(Records(Storage), row => AssertWhole(Storage, row));
        Assert.Equal(4, Records(Storage).Count);
        Assert.Equal(4, Directory.GetFiles(new IndexLayout(Storage).Fragments).Length);
        Assert.Equal(4, Count("SELECT count(*) FROM tiles WHERE status = 'done'"));
    }

    [Fact]
    public async Task A_finished_output_is_only_listed()
    {
        _scene.Write("input", 2, 1);
        await Run(new WatchedStore(new LocalStore(Storage)), "work");
        Assert.DoesNotContain(Directory.GetFiles(_scene.Output("work"), "*.tif", SearchOption.AllDirectories), _ => true);

        // What a run left that was killed while another was faster goes with the next.
        var orphan = new IndexLayout(Storage).Fragment("tile-0-0.0123456789abcdef");
        await File.WriteAllTextAsync(orphan, "a fragment that no record names");
        Assert.Empty((await Run(new WatchedStore(new LocalStore(Storage)), "work")).Tiles);
        Assert.False(File.Exists(orphan));

        var again = new WatchedStore(new LocalStore(Storage));

        Assert.Empty((await Run(again, "work")).Tiles);

        // One listing and, as a directory tells no checksums, looks at the small files of the last run.
        Assert.Empty(again.Writes);
        Assert.InRange(again.Calls, 1, 8);
    }

    [Fact]
    public async Task What_is_not_as_recorded_is_made_again()
    {
        _scene.Write("input", 3, 1);
        await Run(new WatchedStore(new LocalStore(Storage)), "work");
        var before = Keys(Storage);
        File.WriteAllText(Path.Combine(Storage, "tiles", "tile-0-0.tif"), "another's");
        File.WriteAllText(new IndexLayout(Storage).Record("tile-0-2"), "{ torn");
        File.Delete(Path.Combine(Storage, "preview.png"));

        var again = await Run(new WatchedStore(new LocalStore(Storage)), "work");

        Assert.Equal(["tile-0-0", "tile-0-2"], again.Tiles.Select(tile => tile.Tile).Order());
        await RunLocal();
        AssertEqual(_scene.Output("local"), Storage);
        Assert.All(Records(Storage), row => AssertWhole(Storage, row));
        Assert.Equal(before.Count, Keys(Storage).Count);

        File.Delete(Path.Combine(Storage, "map.vrt"));
        Assert.Empty((await Run(new WatchedStore(new LocalStore(Storage)), "elsewhere")).Tiles);
        AssertEqual(_scene.Output("local"), Storage);
    }

    [Fact]
    public async Task A_changed_input_is_mapped_again_with_its_neighbours()
    {
        _scene.Write("input", 4, 1);
        await Run(new WatchedStore(new LocalStore(Storage)), "work");
        File.SetLastWriteTimeUtc(Path.Combine(_scene.Input, "tile-0-0.tif"), new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var again = await Run(new WatchedStore(new LocalStore(Storage)), "elsewhere");

        Assert.Equal(["tile-0-0", "tile-0-1"], again.Tiles.Select(tile => tile.Tile).Order());
        Assert.Equal(4, Directory.GetFiles(new IndexLayout(Storage).Fragments).Length);
        Assert.All(Records(Storage), row => AssertWhole(Storage, row));
    }

    [Fact]
    public async Task Replacing_and_pruning_reach_the_storage()
    {
        _scene.Write("input", 2, 1);
        await Run(new WatchedStore(new LocalStore(Storage)), "work");
        Assert.Contains("tiles/tile-0-1_confidence.tif", Keys(Storage));
        var others = Settings("work") with { Outputs = new OutputSettings() };
        Assert.True(await Ended(others, new LocalStore(Storage), new Recorder(), CancellationToken.None, new RunOptions { Replace = true }));
        Assert.DoesNotContain(Keys(Storage), key => key.Contains("confidence", StringComparison.Ordinal));
        Assert.All(Records(Storage), row => AssertWhole(Storage, row));

        File.Delete(Path.Combine(_scene.Input, "tile-0-1.tif"));
        Assert.True(await Ended(others, new LocalStore(Storage), new Recorder(), CancellationToken.None, new RunOptions { Prune = true }));
        Assert.DoesNotContain(Keys(Storage), key => key.Contains("tile-0-1", StringComparison.Ordinal));
        Assert.Equal(1, Count("SELECT count(*) FROM tiles"));
    }

    [Fact]
    public async Task A_replacement_and_a_pruning_that_are_killed_at_any_call_are_finished_by_the_next_run()
    {
        _scene.Write("input", 2, 1);
        File.Move(Path.Combine(_scene.Input, "tile-0-1.tif"), _scene.Output("tile-0-1.tif"));
        var bare = Settings("work") with { Outputs = new OutputSettings { Classes = false, Confidence = true } };
        var expected = _scene.Output("expected");
        Assert.True(await Ended(bare, new LocalStore(expected), new Recorder(), CancellationToken.None));
        File.Move(_scene.Output("tile-0-1.tif"), Path.Combine(_scene.Input, "tile-0-1.tif"));
        await Run(new WatchedStore(new LocalStore(Storage)), "work");
        File.Delete(Path.Combine(_scene.Input, "tile-0-1.tif"));

        for (int killAt = 0, attempt = 0; ; attempt++)
        {
            using var stop = new CancellationTokenSource();
            var store = new WatchedStore(new LocalStore(Storage), killAt, done: attempt % 2 == 0, killed: stop.Cancel);
            var ended = await Ended(bare, store, new Recorder(), stop.Token, new RunOptions { Replace = true, Prune = true });
            Assert.All(Records(Storage).Where(row => row.Status == TileStatus.Done), row => AssertWhole(Storage, row));
            if (ended)
                break;
            killAt = Math.Max(killAt + 2, store.Calls / 2);
            Assert.InRange(attempt, 0, 60);
        }

        Assert.Equal(Keys(expected), Keys(Storage));
        AssertEqual(expected, Storage);
    }

    [Fact]
    public async Task A_record_that_names_objects_elsewhere_removes_none_there()
    {
        _scene.Write("input", 2, 1);
        await Run(new WatchedStore(new LocalStore(Storage)), "work");
        var record = new IndexLayout(Storage).Record("tile-0-1");
        Assert.True(TileRecordFile.TryRead(record, out var row, out _));
        var precious = new OutputFile("precious.tif", 8, Sha256.OfText("not ours"));
        await File.WriteAllTextAsync(Path.Combine(Storage, precious.Path), "not ours");
        TileRecordFile.Write(record, row with { Outputs = [.. row.Outputs, precious] });
        File.Delete(Path.Combine(_scene.Input, "tile-0-1.tif"));

        Assert.True(await Ended(Settings("work"), new LocalStore(Storage), new Recorder(), CancellationToken.None, new RunOptions { Prune = true }));

        Assert.True(File.Exists(Path.Combine(Storage, precious.Path)));
        Assert.DoesNotContain(Keys(Storage), key => key.Contains("tile-0-1", StringComparison.Ordinal));
        Assert.Contains("tile-0-1", await File.ReadAllTextAsync(Path.Combine(Storage, ".flair/last-run.json")), StringComparison.Ordinal);
        Assert.DoesNotContain("tile-0-1", await File.ReadAllTextAsync(Path.Combine(Storage, "map.vrt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_settings_are_refused_and_the_web_is_no_place_for_outputs()
    {
        _scene.Write("input", 1, 1);
        await Run(new WatchedStore(new LocalStore(Storage)), "work");

        var store = new WatchedStore(new LocalStore(Storage));
        var fault = await Assert.ThrowsAsync<FlairException>(() => Run(store, "elsewhere", Settings("elsewhere") with { BatchSize = 2 }));
        Assert.StartsWith($"{Address} holds the output of another run: it has \"batch 4\"", fault.Message, StringComparison.Ordinal);
        Assert.Empty(store.Writes);

        fault = await Assert.ThrowsAsync<FlairException>(() => Run(store, "work", Settings("work") with { Output = "https://host/map?sig=SECRET" }));
        Assert.StartsWith("https://host/map: https:// can be read only", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_working_directory_that_cannot_be_made_is_told()
    {
        _scene.Write("input", 1, 1);
        File.WriteAllText(_scene.Output("work"), "a file");

        var fault = await Assert.ThrowsAsync<FlairException>(() => Run(new WatchedStore(new LocalStore(Storage)), "work"));

        Assert.Contains("--work", fault.Message, StringComparison.Ordinal);
    }

    private RunSettings Settings(string work)
    {
        var settings = Scene.Settings(_scene.Input, Address);
        return settings with { Resources = settings.Resources with { Work = _scene.Output(work) } };
    }

    private async Task<Recorder> Run(IObjectStore store, string work, RunSettings? settings = null)
    {
        var recorder = new Recorder();
        Assert.True(await Ended(settings ?? Settings(work), store, recorder, CancellationToken.None));
        return recorder;
    }

    private static async Task<bool> Ended(RunSettings settings, IObjectStore store, Recorder recorder, CancellationToken cancellation, RunOptions? options = null)
    {
        try
        {
            var summary = await DetectRun.RunAsync(settings, (options ?? new RunOptions()) with { Storage = _ => store }, recorder, cancellation);
            if (!summary.Cancelled)
                Assert.Equal((0, Address), (summary.ExitCode, summary.Output));
            return !summary.Cancelled;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task RunLocal()
    {
        using var recorder = new Recorder();
        Assert.Equal(0, (await DetectRun.RunAsync(_scene.Settings("local"), new RunOptions(), recorder, CancellationToken.None)).ExitCode);
    }

    private static List<TileRow> Records(string storage) => [.. TileRecordFile.ReadAll(new IndexLayout(storage))];

    private static void AssertWhole(string storage, TileRow row)
    {
        Assert.NotNull(row.Fragment);
        Assert.All(row.Outputs.Append(row.Fragment), file => Assert.Equal(file.Sha256, Sha256.OfFile(Path.Combine(storage, file.Path))));
    }

    private long Count(string sql)
    {
        using var inspector = new IndexInspector(Storage);
        using var result = inspector.Query(sql);
        return (long)result.Rows().Single()[0]!;
    }

    /// <summary>All files that users see have the same bytes, but for the index, whose rows are equal but for the measurements.</summary>
    private static void AssertEqual(string expected, string actual)
    {
        Assert.Equal(Files(expected), Files(actual));
        foreach (var sql in new[] { "SELECT * EXCLUDE (seconds, batch) FROM slices", "SELECT * EXCLUDE (seconds, requests, bytes_received, attempts) FROM tiles" })
            Assert.Equal(Rows(expected, sql), Rows(actual, sql));
    }

    private static List<string> Files(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(folder, path), Full: path))
            .Where(file => !file.Path.StartsWith(".flair", StringComparison.Ordinal))
            .Select(file => file.Path.EndsWith(".parquet", StringComparison.Ordinal) ? file.Path : $"{file.Path} {Sha256.OfFile(file.Full)}")
            .Order(StringComparer.Ordinal),
    ];

    private static List<string> Rows(string folder, string sql)
    {
        using var inspector = new IndexInspector(folder);
        Assert.True(inspector.Finished);
        using var result = inspector.Query(sql);
        using var text = new StringWriter();
        ResultFormatter.Write(text, result, ResultFormat.Json);
        return [.. text.ToString().Split('\n')];
    }

    /// <summary>The keys, without the checksums in those of fragments.</summary>
    private static List<string> Keys(string storage) =>
        [.. new LocalStore(storage).List().Select(entry => entry.Key.Contains("slices/", StringComparison.Ordinal) ? entry.Key[..entry.Key.LastIndexOf('.', entry.Key.Length - 9)] : entry.Key)];
}
