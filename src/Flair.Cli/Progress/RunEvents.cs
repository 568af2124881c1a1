using Flair.Indexing;
using Flair.Running;

namespace Flair.Cli.Progress;

/// <summary>The objects that <c>--json</c> writes; times in seconds, sizes in bytes, shares from 0 to 1.</summary>
internal static class RunEvents
{
    public static object Plan(RunPlan plan) => new
    {
        plan.Tiles,
        plan.TilesFinished,
        Reasons = plan.Reasons.ToDictionary(reason => reason.Reason.InWords(), reason => reason.Tiles),
        InputsAdded = plan.Inputs.Added.Count,
        InputsChanged = plan.Inputs.Changed.Count,
        InputsRemoved = plan.Inputs.Removed.Count,
        TilesWithoutInput = plan.RemovedTiles.Count,
        plan.Units,
        plan.Windows,
        plan.Pixels,
        plan.Hectares,
        plan.BytesToRead,
        plan.MemoryBytes,
        plan.DiskBytes,
        plan.DiskFreeBytes,
        ExpectedSeconds = plan.Expected?.TotalSeconds,
        plan.SecondsPerWindow,
        plan.Device,
        plan.Model,
    };

    public static object Started(RunPlan plan) => new { Event = "start", Plan = Plan(plan) };

    public static object Notice(string message) => new { Event = "notice", Message = message };

    public static object Progress(RunSnapshot snapshot, RateMeter meter)
    {
        var blocks = meter.Blocks();
        return new
        {
            Event = "progress",
            Run = Snapshot(snapshot),
            WindowsPerSecond = meter.WindowRate(),
            EtaSeconds = meter.Remaining()?.TotalSeconds,
            Bottleneck = RateMeter.Bottleneck(blocks)?.Block.Name,
            Blocks = blocks.Select(b => new { b.Block.Name, b.Block.Unit, b.Block.Items, b.Block.Bytes, ItemsPerSecond = b.Items, BytesPerSecond = b.Bytes, b.Busy, b.Waiting }),
        };
    }

    public static object Tile(TileRow tile) => new
    {
        Event = "tile",
        tile.Tile,
        Status = tile.Status == TileStatus.Done ? "done" : "failed",
        tile.Error,
        tile.Seconds,
        tile.Windows,
        tile.WindowsComputed,
        tile.NodataPixels,
        tile.MeanConfidence,
        tile.Attempts,
        Outputs = tile.Outputs.Select(o => new { o.Path, o.Bytes, o.Sha256 }),
    };

    public static object Stall(RunStall stall) => new { Event = "stall", stall.Block, stall.Work, stall.Since, Seconds = stall.For.TotalSeconds, Message = stall.ToString() };

    public static object Summary(RunSummary summary) => new
    {
        Event = "summary",
        summary.ExitCode,
        summary.Cancelled,
        Run = Snapshot(summary.Final),
        MappingSeconds = summary.Mapping.TotalSeconds,
        Blocks = RateMeter.WholeRun(summary.Final).Select(b => new { b.Block.Name, b.Block.Unit, b.Block.Items, b.Block.Bytes, BusySeconds = b.Block.Busy.TotalSeconds, WaitingSeconds = b.Block.Waiting.TotalSeconds }),
        Failed = summary.Failed.Select(t => new { t.Tile, t.Error, t.Attempts }),
        Areas = summary.Areas.Select(a => new { a.Class, a.Hectares }),
        summary.Output,
        summary.Record,
        Products = summary.Products.Select(p => new { p.What, p.Path }),
    };

    private static object Snapshot(RunSnapshot s) => new
    {
        ElapsedSeconds = s.Elapsed.TotalSeconds,
        s.TilesTotal,
        s.TilesSkipped,
        s.TilesDone,
        s.TilesFailed,
        s.WindowsTotal,
        s.WindowsDone,
        s.WindowsComputed,
    };
}
