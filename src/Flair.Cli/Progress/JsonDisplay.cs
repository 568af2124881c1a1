using Flair.Indexing;
using Flair.Running;

namespace Flair.Cli.Progress;

/// <summary>One JSON object a line; progress once a second.</summary>
internal sealed class JsonDisplay(CommandContext context) : IRunDisplay
{
    private readonly RateMeter _meter = new();
    private TimeSpan _next;

    public void Started(RunPlan plan) => context.WriteEvent(RunEvents.Started(plan));

    public void Notice(string message) => context.WriteEvent(RunEvents.Notice(message));

    public void Progress(RunSnapshot snapshot)
    {
        _meter.Add(snapshot);
        if (snapshot.Elapsed < _next)
            return;
        _next = snapshot.Elapsed + TimeSpan.FromSeconds(1);
        context.WriteEvent(RunEvents.Progress(snapshot, _meter));
    }

    public void TileFinished(TileRow tile) => context.WriteEvent(RunEvents.Tile(tile), tile.Status == TileStatus.Done ? EventLevel.Info : EventLevel.Error);

    public void Stalled(RunStall stall) => context.WriteEvent(RunEvents.Stall(stall), EventLevel.Warning);

    public void Finish(RunSummary summary) => context.WriteEvent(RunEvents.Summary(summary), summary.ExitCode == ExitCode.Done ? EventLevel.Info : EventLevel.Warning);

    public void Dispose()
    {
    }
}
