using Flair.Indexing;
using Flair.Running;
using Flair.Telemetry;
using Spectre.Console;

namespace Flair.Cli.Progress;

/// <summary>A table at a terminal, redrawn in place; tiles that fail and notices scroll by above it.</summary>
internal sealed class LiveDisplay : IRunDisplay
{
    private readonly CommandContext _context;
    private readonly IAnsiConsole _console;
    private readonly RateMeter _meter = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LiveDisplayContext? _live;
    private Task? _loop;

    public LiveDisplay(CommandContext context)
    {
        _context = context;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(context.Out),
            Interactive = InteractionSupport.Yes,
            ColorSystem = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
    }

    public void Started(RunPlan plan)
    {
        foreach (var line in RunText.Started(plan))
            _console.WriteLine(Redactor.Clean(line));
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop = _console.Live(new Text("")).AutoClear(true).StartAsync(async live =>
        {
            _live = live;
            ready.SetResult();
            await _done.Task;
        });
        ready.Task.Wait();
    }

    public void Notice(string message) => WriteAbove($"note: {message}", Color.Default);

    public void Progress(RunSnapshot snapshot)
    {
        _meter.Add(snapshot);
        _live?.UpdateTarget(Render(snapshot, _meter));
    }

    public void TileFinished(TileRow tile)
    {
        if (tile.Status == TileStatus.Failed)
            WriteAbove(RunText.Tile(tile), Color.Red);
    }

    public void Stalled(RunStall stall) => WriteAbove($"warning: {stall}", Color.Yellow);

    public void Finish(RunSummary summary)
    {
        Dispose();
        foreach (var line in RunText.Summary(summary, _context.CommandText()))
            _console.WriteLine(Redactor.Clean(line));
    }

    public void Dispose()
    {
        _done.TrySetResult();
        _loop?.Wait();
        _loop = null;
        _live = null;
    }

    // The line is written where the table's first line was, so it must cover that to the end.
    // Its secrets are taken out here already: once it is broken into lines they would not be seen.
    private void WriteAbove(string line, Color color) => _console.WriteLine(Redactor.Clean(line).PadRight(_console.Profile.Width - 1), new Style(color));

    private static Rows Render(RunSnapshot snapshot, RateMeter meter)
    {
        var blocks = meter.Blocks();
        var bottleneck = RateMeter.Bottleneck(blocks);
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var (title, right) in new[] { ("block", false), ("done", true), ("", false), ("rate", true), ("bytes", true), ("busy", true), ("waiting", true), ("", false) })
            table.AddColumn(new TableColumn(new Text(title, new Style(Color.Grey))) { Alignment = right ? Justify.Right : Justify.Left, NoWrap = true });
        foreach (var block in blocks)
        {
            table.AddRow(
                new Text(block.Block.Name),
                new Text($"{block.Block.Items:N0}"),
                new Text(block.Block.Unit, new Style(Color.Grey)),
                new Text(Units.Rate(block.Items)),
                new Text($"{Units.Bytes(block.Bytes)}/s"),
                new Text($"{100 * block.Busy:0} %"),
                new Text($"{100 * block.Waiting:0} %"),
                new Text(block == bottleneck ? "← sets the pace" : "", new Style(Color.Yellow)));
        }

        return new Rows(
            new Text($"{RunText.Counts(snapshot)}; {Units.Duration(snapshot.Elapsed)} so far, {RunText.Eta(meter)}"),
            Bar(snapshot),
            table);
    }

    private static Markup Bar(RunSnapshot snapshot)
    {
        const int Width = 60;
        var full = snapshot.WindowsTotal > 0 ? (int)(Width * snapshot.WindowsDone / snapshot.WindowsTotal) : 0;
        return new Markup($"[green]{new string('━', full)}[/][grey]{new string('─', Width - full)}[/]");
    }
}
