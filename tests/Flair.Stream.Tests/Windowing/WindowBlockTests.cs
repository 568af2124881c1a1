using System.Threading.Tasks.Dataflow;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Stitching;
using Flair.Windowing;

namespace Flair.Tests.Windowing;

public sealed class WindowBlockTests
{
    private const int Size = 32;

    private static readonly GridRect s_left = new(0, 0, 40, 32), s_right = new(40, 0, 40, 32);

    [Fact]
    public async Task A_shared_window_goes_with_what_the_first_unit_saw()
    {
        var folder = Directory.CreateTempSubdirectory("flair-window-");
        var (left, right) = (Unit(s_left), Unit(s_right));
        using var shared = SharedWindows.Between(left, right, new SharedStitching(folder.FullName, true, 3))!;
        var wider = right.ReadArea;
        left.Share(shared, right);
        Assert.True(right.ReadArea.Width < wider.Width);
        var border = SharedWindows.Of(left, right).ToArray();

        // The first unit could not read a corner of the second's pixels; the second reads everything.
        var windows = new List<(UnitState Unit, Placement Placement, WindowRecord Record, bool IsComputed)>();
        var sink = new ActionBlock<CutWindow>(window =>
        {
            if (!window.EndOfUnit)
                windows.Add((window.Unit, window.Placement!, window.Record!, window.IsComputed));
            window.Dispose();
        });
        var failure = new ReadFailure("right.tif", "torn", new GridRect(44, 0, 2, 2));
        var elsewhere = new ReadFailure("left.tif", "torn", new GridRect(0, 0, 2, 2));
        using var pool = new BufferPool(keep: 4);
        var block = new WindowBlock(1, SampleType.UInt8, new RunTally(), new BlockCounters("window", "windows"), sink, CancellationToken.None);
        await block.Input.SendAsync(new UnitStrip(left, Strip(left, pool, failure, elsewhere), Last: true));
        await block.Input.SendAsync(new UnitStrip(right, Strip(right, pool), Last: true));
        block.Input.Complete();
        await block.Completion;
        sink.Complete();
        await sink.Completion;
        folder.Delete(recursive: true);

        Assert.NotEmpty(border);
        Assert.Equal(border.Select(placement => placement.Id).Order(), windows.Where(window => window.IsComputed).Select(window => window.Placement.Id).Order());
        Assert.All(windows.Where(window => window.IsComputed), window =>
        {
            Assert.Same(right, window.Unit);
            Assert.Same(left.Windows.Single(known => known.Key.Id == window.Placement.Id).Value, window.Record);
            Assert.Same(window.Record, right.Windows[window.Placement]);
        });
        Assert.Equal([failure], right.Failures.Distinct());
        Assert.Equal(left.Rows.Concat(right.Rows).SelectMany(row => row).Count(), windows.Count);
    }

    private static UnitState Unit(GridRect rect) =>
        new(new WorkUnit([new SourceTile("t", rect, "t.tif", [], null)]), new GridLattice(new WindowSettings { Size = Size, Margin = 8 }, StitchMode.Blend), _ => true);

    private static unsafe Strip Strip(UnitState unit, BufferPool pool, params ReadFailure[] failures)
    {
        var area = checked((int)unit.ReadArea.Area);
        var (planes, known) = (pool.Rent(area), pool.Rent(area));
        new Span<byte>(planes.Pointer, area).Fill(7);
        new Span<byte>(known.Pointer, area).Fill(1);
        return new Strip(unit.ReadArea, SampleType.UInt8, 1, planes, known, pool, failures);
    }
}
