using Flair.Indexing;
using Flair.Running;
using Flair.Storage;

namespace Flair.Cli.Progress;

/// <summary>A run in plain words.</summary>
internal static class RunText
{
    private const int FailuresShown = 20;
    private const int ClassesShown = 8;
    private const int NamesShown = 5;

    public static IEnumerable<string> Started(RunPlan plan)
    {
        yield return $"{plan.Model} on {plan.Device}";
        var finished = plan.TilesFinished > 0 ? $", {plan.TilesFinished} of them finished by an earlier run" : "";
        yield return $"{Units.Counted(plan.Tiles, "tile")}{finished}; {Units.Counted(plan.Windows, "window")} to look at, {Units.Bytes(plan.BytesToRead)} to read";
        foreach (var line in Changes(plan))
            yield return line;
    }

    /// <summary>Why tiles are to be mapped, which inputs changed, and which tiles have none; nothing where all is new.</summary>
    public static IEnumerable<string> Changes(RunPlan plan)
    {
        if (plan.Reasons is [(TileReason.New, _)] && plan.TilesFinished == 0 && plan.RemovedTiles.Count == 0)
            yield break;
        if (plan.Reasons.Count > 0)
            yield return $"to map: {string.Join(", ", plan.Reasons.Select(reason => $"{reason.Tiles} {reason.Reason.InWords()}"))}";
        var inputs = plan.Inputs;
        if (inputs.Added.Count + inputs.Changed.Count + inputs.Removed.Count > 0)
            yield return $"inputs since the last run: {inputs.Added.Count} new, {inputs.Changed.Count} changed, {inputs.Removed.Count} removed";
        if (plan.RemovedTiles.Count > 0)
            yield return $"{Units.Counted(plan.RemovedTiles.Count, "tile")} without input: {Some(plan.RemovedTiles, plan.RemovedTiles.Count)}; --prune removes them";
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

        foreach (var line in Record(summary))
            yield return line;

        if (summary.Cancelled)
            yield return $"to go on, run the same command again: {command}";
        else if (summary.Failed.Count > 0)
            yield return $"when their cause is mended, run the same command again for the failed tiles alone: {command}";
    }

    private static IEnumerable<string> Record(RunSummary summary)
    {
        if (summary.Record is not { } record)
            yield break;
        if (record.FormerRunKilled)
            yield return "  note       the run before this one did not end: it was killed, or the machine went down";
        if (record.Reasons.Count > 0)
            yield return $"  why        {string.Join(", ", record.Reasons.Select(reason => $"{reason.Value} {reason.Key}"))}";
        foreach (var (what, files) in new[]
        {
            ("inputs new", record.Skipped + record.InputsChanged.Count + record.InputsRemoved.Count > 0 ? record.InputsAdded : RunRecordFiles.None),
            ("inputs changed", record.InputsChanged), ("inputs removed", record.InputsRemoved),
            ("tiles without input, kept", record.TilesKept), ("tiles without input, not in the map", record.TilesLeft), ("tiles removed", record.TilesPruned),
        })
        {
            if (files.Count > 0)
                yield return $"  {what}: {files.Count} ({Some(files.First, files.Count)})";
        }

        yield return $"exit code {record.ExitCode}: {record.Meaning}; to do: {record.Next}";
    }

    private static string Some(IReadOnlyList<string> names, int count) =>
        string.Join(", ", names.Take(NamesShown)) + (count > NamesShown ? $" and {count - NamesShown} more" : "");

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
