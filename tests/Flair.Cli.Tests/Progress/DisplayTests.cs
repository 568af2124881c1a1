using System.Text.Json;
using Flair.Cli.Progress;

namespace Flair.Cli.Tests.Progress;

public sealed class DisplayTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    private CommandContext Context => new(["detect", "-p", "p.yaml"], _output, _error, default);

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void PlainLinesComeEveryTenSeconds()
    {
        using var display = new PlainDisplay(Context, quiet: false);
        display.Started(Runs.Plan);
        for (var half = 0; half <= 50; half++)
            display.Progress(Runs.At(half / 2.0, half, Runs.Block("read", half / 10.0, half / 2.5, half), Runs.Block("inference", half / 2.0, 0, half)));
        display.Notice("two deliveries");
        display.TileFinished(Runs.Tile("a", null));
        display.TileFinished(Runs.Tile("b", "cannot be read"));

        Assert.Equal(
            """
            resnet18_unet, 5 channels, flair-19 on cpu (2 threads)
            4 tiles, 1 of them finished by an earlier run; 100 windows to look at, 12.0 MB to read
            tiles 3/4; windows 20/100 (20 %); 2.00/s, held up by inference; about 40 s left
            tiles 3/4; windows 40/100 (40 %); 2.00/s, held up by inference; about 30 s left
            note: two deliveries
            tile a done in 12 s (2/4)

            """,
            _output.ToString());
        Assert.Equal("tile b failed: cannot be read\n", _error.ToString());
    }

    [Fact]
    public void QuietLeavesTheSummaryAndTheFailures()
    {
        using var display = new PlainDisplay(Context, quiet: true);
        display.Started(Runs.Plan);
        display.Progress(Runs.At(60, 5));
        display.TileFinished(Runs.Tile("a", null));
        Assert.Empty(_output.ToString());
        display.TileFinished(Runs.Tile("b", "cannot be read"));
        display.Finish(Runs.Summary(cancelled: false));
        Assert.NotEmpty(_output.ToString());
        Assert.NotEmpty(_error.ToString());
    }

    [Fact]
    public void TheSummarySaysWhereTheTimeWentAndHowToGoOn()
    {
        using var display = new PlainDisplay(Context, quiet: false);
        display.Finish(Runs.Summary(cancelled: true, Runs.Tile("b", "cannot be read")));

        Assert.Equal(
            """

            where the time went (busy and waiting summed over a block's workers)
              read              10 items      5.0 MB  busy         20 s  waiting         60 s
              inference         90 items         0 B  busy  1 min 35 s  waiting        0.0 s  ← set the pace

            stopped after 1 min 40 s: 2 tiles done, 1 done before, 1 failed; 90 windows computed, 0 without data
              failed  b: cannot be read
              area (ha)  building 10.0, water 1.5
              map        /out/map.vrt
              index      /out/tiles.parquet
            to go on, run the same command again: flair detect -p p.yaml

            """.Replace("busy  1 min 35 s", "busy   1 min 35 s", StringComparison.Ordinal),
            _output.ToString());
    }

    [Fact]
    public void EveryJsonLineIsAnObjectWithItsEvent()
    {
        using var display = new JsonDisplay(Context);
        display.Started(Runs.Plan);
        display.Progress(Runs.At(0, 0, Runs.Block("read", 0, 0)));
        display.Progress(Runs.At(0.5, 1, Runs.Block("read", 0, 0)));
        display.Progress(Runs.At(10, 20, Runs.Block("read", 9, 0)));
        display.Notice("note");
        display.TileFinished(Runs.Tile("a", null));
        display.Finish(Runs.Summary(cancelled: false, Runs.Tile("b", "cannot be read")));

        var lines = _output.ToString().TrimEnd().Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(["start", "progress", "progress", "notice", "tile", "summary"], lines.Select(l => l.GetProperty("event").GetString()));
        Assert.Equal(4, lines[0].GetProperty("plan").GetProperty("tiles").GetInt32());
        Assert.Equal(JsonValueKind.Null, lines[1].GetProperty("eta_seconds").ValueKind);
        Assert.Equal(40, lines[2].GetProperty("eta_seconds").GetDouble());
        Assert.Equal("read", lines[2].GetProperty("bottleneck").GetString());
        Assert.Equal(JsonValueKind.Null, lines[4].GetProperty("mean_confidence").ValueKind);
        Assert.Equal(1, lines[5].GetProperty("exit_code").GetInt32());
        Assert.Equal("cannot be read", lines[5].GetProperty("failed")[0].GetProperty("error").GetString());
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void TheLiveTableNamesTheBottleneck()
    {
        using (var display = new LiveDisplay(Context))
        {
            display.Started(Runs.Plan);
            display.Progress(Runs.At(0, 0, Runs.Block("read", 0, 0), Runs.Block("inference", 0, 0)));
            display.Progress(Runs.At(10, 20, Runs.Block("read", 2, 8, 20), Runs.Block("inference", 10, 0, 20)));
            display.TileFinished(Runs.Tile("[b]", "[/] cannot be read"));
            display.Finish(Runs.Summary(cancelled: false));
        }

        var text = _output.ToString();
        Assert.Contains("tile [b] failed: [/] cannot be read", text, StringComparison.Ordinal);
        Assert.Contains("sets the pace", text, StringComparison.Ordinal);
        Assert.Contains("about 40 s left", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1500, "1.5 kB")]
    [InlineData(999_600, "1.0 MB")]
    [InlineData(123_400_000, "123 MB")]
    public void Bytes(double bytes, string text) => Assert.Equal(text, Units.Bytes(bytes));

    [Theory]
    [InlineData(1.24, "1.2 s")]
    [InlineData(45, "45 s")]
    [InlineData(750, "12 min 30 s")]
    [InlineData(11100, "3 h 05 min")]
    [InlineData(187200, "2 d 4 h")]
    public void Durations(double seconds, string text) => Assert.Equal(text, Units.Duration(TimeSpan.FromSeconds(seconds)));
}
