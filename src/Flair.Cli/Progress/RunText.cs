using Flair.Indexing;
using Flair.Running;
using Flair.Storage;

namespace Flair.Cli.Progress;

/// <summary>A run in plain words.</summary>
internal static class RunText
{
    private const int FailuresShown = 20;
    private const int ClassesShown = 8;

    public static IEnumerable<string> Started(RunPlan plan)
    {
        yield return $"{plan.Model} on {plan.Device}";
        var finished = plan.TilesFinished > 0 ? $", {plan.TilesFinished} of them finished by an earlier run" : "";
        yield return $"{Units.Counted(plan.Tiles, "tile")}{finished}; {Units.Counted(plan.Windows, "window")} to look at, {Units.Bytes(plan.BytesToRead)} to read";
    }

    public static string Progress(RunSnapshot snapshot, RateMeter meter)
    {
        var bottleneck = RateMeter.Bottleneck(meter.Blocks());
        return $"{Counts(snapshot)}; {Units.Rate(meter.WindowRate())}{(bottleneck is null ? "" : $", held up by {bottleneck.Block.Name}")}; {Eta(meter)}";
    }

    public static string Counts(RunSnapshot s)
    {
        var share = s.WindowsTotal > 0 ? $" ({100.0 * s.WindowsDone / s.WindowsTotal:0} %)" : "";
        var failed = s.TilesFailed > 0 ? $", {s.TilesFailed} failed" : "";
        return $"tiles {s.TilesSkipped + s.TilesDone}/{s.TilesTotal}{failed}; windows {s.WindowsDone}/{s.WindowsTotal}{share}";
    }

    public static string Eta(RateMeter meter) => meter.Remaining() is { } left ? $"about {Units.Duration(left)} left" : "time left —";

    public static string Tile(TileRow tile) => tile.Status == TileStatus.Failed
        ? $"tile {tile.Tile} failed: {tile.Error}"
        : $"tile {tile.Tile} done in {Units.Duration(TimeSpan.FromSeconds(tile.Seconds))}";

    public static IEnumerable<string> Summary(RunSummary summary, string command)
    {
        var run = summary.Final;
        yield return "";
        foreach (var line in WhereTheTimeWent(run))
            yield return line;
        yield return "";
        yield return $"{(summary.Cancelled ? "stopped" : "finished")} after {Units.Duration(run.Elapsed)}: {Units.Counted(run.TilesDone, "tile")} done"
            + (run.TilesSkipped > 0 ? $", {run.TilesSkipped} done before" : "")
            + (summary.Failed.Count > 0 ? $", {summary.Failed.Count} failed" : "")
            + $"; {Units.Counted(run.WindowsComputed, "window")} computed, {run.WindowsDone - run.WindowsComputed} without data";

        foreach (var tile in summary.Failed.Take(FailuresShown))
            yield return $"  failed  {tile.Tile}: {tile.Error}";
        if (summary.Failed.Count > FailuresShown)
            yield return $"  … and {summary.Failed.Count - FailuresShown} more: flair inspect {summary.Output}";

        var areas = summary.Areas.Where(a => a.Hectares > 0).OrderByDescending(a => a.Hectares).ToArray();
        if (areas.Length > 0)
        {
            var shown = areas.Take(ClassesShown).Select(a => $"{a.Class} {a.Hectares:N1}");
            yield return $"  area (ha)  {string.Join(", ", shown)}{(areas.Length > ClassesShown ? ", …" : "")}";
        }

        foreach (var (what, path) in summary.Products)
            yield return $"  {what,-9}  {Place(summary.Output, path)}";

        if (summary.Cancelled)
            yield return $"to go on, run the same command again: {command}";
        else if (summary.Failed.Count > 0)
            yield return $"when their cause is mended, run the same command again for the failed tiles alone: {command}";
    }

    private static string Place(string output, string path) =>
        ObjectPath.IsRemoteText(output) ? path.StartsWith("../", StringComparison.Ordinal) ? $"{output[..output.LastIndexOf('/')]}/{path[3..]}" : $"{output}/{path}" : Path.GetFullPath(path, output);

    private static IEnumerable<string> WhereTheTimeWent(RunSnapshot run)
    {
        var blocks = RateMeter.WholeRun(run);
        if (blocks.Count == 0)
            yield break;
        var bottleneck = RateMeter.Bottleneck(blocks);
        yield return "where the time went (busy and waiting summed over a block's workers)";
        foreach (var block in blocks)
        {
            yield return $"  {block.Block.Name,-10} {block.Block.Items,9:N0} {block.Block.Unit,-8} {Units.Bytes(block.Block.Bytes),8}"
                + $"  busy {Units.Duration(block.Block.Busy),12}  waiting {Units.Duration(block.Block.Waiting),12}{(block == bottleneck ? "  ← set the pace" : "")}";
        }
    }
}
