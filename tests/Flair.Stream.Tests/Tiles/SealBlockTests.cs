using System.Threading.Tasks.Dataflow;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Tests.Models;
using Flair.Tiles;
using Flair.Windowing;

namespace Flair.Tests.Tiles;

// Listens to what happens to files, which all tests' do.
[Collection(LibTorchCollection.Name)]
public sealed class SealBlockTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly TileFolder _folder = new();

    public void Dispose()
    {
        DiskSteps.Watcher = null;
        _folder.Dispose();
    }

    [Fact]
    public async Task Tiles_leave_in_order_whichever_is_sealed_first()
    {
        using var second = new ManualResetEventSlim();
        var waited = false;
        DiskSteps.Watcher = (step, path) =>
        {
            var name = Path.GetFileName(path);
            if (step == DiskStep.Write && name == "first.tif")
                waited = second.Wait(s_patience);
            if (step == DiskStep.Renamed && name == "second.tif")
                second.Set();
        };
        var names = new List<string>();
        var sink = new ActionBlock<SealedTile>(tile => names.Add($"{tile.Tile.Tile.Name} {tile.Outputs.Count} {tile.Error}"));
        var block = new SealBlock("tiles", 2, new BlockCounters("seal", "tiles"), sink, CancellationToken.None);
        foreach (var tile in new[] { Complete("first"), Complete("second"), Complete("third") })
            Assert.True(await block.Input.SendAsync(tile));
        block.Input.Complete();
        await sink.Completion.WaitAsync(s_patience);
        Assert.True(waited, "the second tile was not sealed while the first was");
        Assert.Equal(["first 2 ", "second 2 ", "third 2 "], names);
    }

    [Fact]
    public async Task A_sealed_tile_leaves_while_the_next_is_sealed()
    {
        using var first = new ManualResetEventSlim();
        var waited = false;
        DiskSteps.Watcher = (step, path) =>
        {
            if (step == DiskStep.Write && Path.GetFileName(path) == "second.tif")
                waited = first.Wait(s_patience);
        };
        var sink = new ActionBlock<SealedTile>(_ => first.Set());
        var block = new SealBlock("tiles", 1, new BlockCounters("seal", "tiles"), sink, CancellationToken.None);
        Assert.True(await block.Input.SendAsync(Complete("first")));
        Assert.True(await block.Input.SendAsync(Complete("second")));
        block.Input.Complete();
        await sink.Completion.WaitAsync(2 * s_patience);
        Assert.True(waited, "the first tile waited for the second");
    }

    [Fact]
    public async Task A_tile_that_cannot_be_written_ends_the_block_and_the_next()
    {
        DiskSteps.Watcher = (step, path) =>
        {
            if (step == DiskStep.Write && Path.GetFileName(path) == "second.tif")
                throw new IOException("No space left on device");
        };
        var sink = new ActionBlock<SealedTile>(_ => { });
        var block = new SealBlock("tiles", 2, new BlockCounters("seal", "tiles"), sink, CancellationToken.None);
        Assert.True(await block.Input.SendAsync(Complete("first")));
        Assert.True(await block.Input.SendAsync(Complete("second")));
        block.Input.Complete();
        var fault = await Assert.ThrowsAsync<FlairException>(() => block.Completion.WaitAsync(s_patience));
        Assert.Contains("second", fault.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => sink.Completion.WaitAsync(s_patience));
        Assert.Empty(Directory.GetFiles(_folder.Work, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(16, 4)]
    [InlineData(192, 8)]
    public void Machines_with_more_cores_seal_more_at_once(int cores, int workers) => Assert.Equal(workers, SealBlock.WorkersOf(cores));

    private CompleteTile Complete(string name)
    {
        var rect = new GridRect(0, 0, 700, 600);
        var tile = new SourceTile(name, rect, name + ".tif", [], null);
        var unit = new UnitState(new WorkUnit([tile]), new GridLattice(new() { Size = 512, Margin = 128 }, StitchMode.Crop), _ => true);
        var writer = new TileWriter(_folder.Job(name, rect));
        TileFolder.Stream(writer, rect, TileFolder.Codes(rect), chunk: 200);
        return new CompleteTile(unit, tile, writer, new TileTally(rect, TileFolder.Three.Classes.Count));
    }
}
