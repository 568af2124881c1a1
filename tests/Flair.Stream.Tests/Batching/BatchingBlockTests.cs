using System.Threading.Tasks.Dataflow;
using Flair.Batching;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Windowing;

namespace Flair.Tests.Batching;

public sealed class BatchingBlockTests
{
    /// <summary>Windows to compute are lower-case letters, those that are computed already upper-case ones.</summary>
    [Theory]
    [InlineData(1, "abc", "a|b|c|.")]
    [InlineData(2, "abc", "ab|c|.")]
    [InlineData(1, "ABcDe", "ABc|De|.")]
    [InlineData(2, "ABcd", "ABcd|.")]
    [InlineData(1, "aB", "a|B.")]
    [InlineData(2, "aBcd", "a|Bcd|.")]
    [InlineData(2, "A", "A.")]
    public async Task Windows_that_are_there_travel_before_those_that_come_after_them(int batchSize, string windows, string batches)
    {
        var unit = new UnitState(new WorkUnit([new SourceTile("t", new(0, 0, 8, 8), "t.tif", [], null)]), new GridLattice(new() { Size = 8, Margin = 0 }, StitchMode.Crop), _ => true);
        var seen = "";
        var records = new List<WindowRecord>();
        var sink = new ActionBlock<WindowBatch>(batch =>
        {
            using (batch)
            {
                seen += string.Concat(batch.Computed.Concat(batch.Windows.Select(window => window.Placement!)).Select(placement => placement.Id));
                seen += batch.EndOfUnit ? "." : "|";
            }
        });
        var block = new BatchingBlock(batchSize, new BlockCounters("batch", "batches"), sink, CancellationToken.None);
        foreach (var letter in windows)
        {
            var placement = new Placement($"{letter}", new(0, 0, 8, 8), new(0, 0, 8, 8));
            var record = new WindowRecord { NodataShare = 0 };
            await block.Input.SendAsync(char.IsUpper(letter) ? CutWindow.Computed(unit, placement, record) : CutWindow.Create(unit, placement, record, 64));
            records.Add(record);
        }

        await block.Input.SendAsync(CutWindow.End(unit));
        block.Input.Complete();
        await block.Completion;
        sink.Complete();
        await sink.Completion;
        Assert.Equal(batches, seen);
        Assert.Equal(windows.Select(char.IsLower), records.Select(record => record.Batch >= 0));
    }
}
