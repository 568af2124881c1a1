using Flair.Indexing;
using Flair.Running;

namespace Flair.Cli.Progress;

/// <summary>Plain lines for logs and pipes: one every ten seconds, one a tile.</summary>
/// <param name="context">Where to write.</param>
/// <param name="quiet">Leaves out all but failures and the summary.</param>
internal sealed class PlainDisplay(CommandContext context, bool quiet) : IRunDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly RateMeter _meter = new();
    private TimeSpan _next = Interval;
    private int _tiles;
    private int _done;

    public void Started(RunPlan plan)
    {
        (_tiles, _done) = (plan.Tiles, plan.TilesFinished);
        foreach (var line in RunText.Started(plan))
            Line(line);
    }

    public void Notice(string message) => Line($"note: {message}");

    public void Progress(RunSnapshot snapshot)
    {
        _meter.Add(snapshot);
        if (snapshot.Elapsed < _next)
            return;
        _next = snapshot.Elapsed + Interval;
        Line(RunText.Progress(snapshot, _meter));
    }

    public void TileFinished(TileRow tile)
    {
        if (tile.Status == TileStatus.Failed)
            context.Error.WriteLine(RunText.Tile(tile));
        else
            Line($"{RunText.Tile(tile)} ({++_done}/{_tiles})");
    }

    public void Stalled(RunStall stall) => context.Error.WriteLine($"warning: {stall}");

    public void Finish(RunSummary summary)
    {
        foreach (var line in RunText.Summary(summary, context.CommandText()))
            context.Out.WriteLine(line);
    }

    public void Dispose()
    {
    }

    private void Line(string line)
    {
        if (quiet)
            return;
        context.Out.WriteLine(line);
        context.Out.Flush();
    }
}
