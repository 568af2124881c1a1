using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Flair.DuckDb;

namespace Flair.Cli.Tests.Telemetry;

public sealed class TelemetryTests(CommandLineFixture here) : IClassFixture<CommandLineFixture>
{
    // Part of a directory's name, so that it gets wherever a path gets.
    private const string Key = "k7Zq0pLw2Xs9";

    [Fact]
    public async Task SpansMetricsAndEventsOfARunAreWholeAndWithoutSecrets()
    {
        var scene = here.At($"sv=1&sig={Key}&se=2");
        Assert.Equal(0, (await CommandLineFixture.RunAsync("toy", scene, "--tiles", "1x1", "--size", "192", "--no-patches")).Code);
        using var collector = new Collector();

        var (code, output, error) = await Detect(scene, here.At("map"), "--json", "--set", $"telemetry.endpoint={collector.Endpoint}");

        Assert.True(code == 0, error + output);
        var events = output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.All(events, line => Assert.Equal(["time", "level", "event"], line.EnumerateObject().Take(3).Select(field => field.Name)));
        Assert.All(events, line => Assert.True(DateTimeOffset.UtcNow - line.GetProperty("time").GetDateTimeOffset() < TimeSpan.FromHours(1)));
        Assert.Equal("start", events.First(line => line.GetProperty("event").GetString() != "notice").GetProperty("event").GetString());
        var summary = events[^1];
        Assert.Equal(("summary", "info", 0), (summary.GetProperty("event").GetString(), summary.GetProperty("level").GetString(), summary.GetProperty("exit_code").GetInt32()));
        Assert.Equal(1, summary.GetProperty("run").GetProperty("tiles_done").GetInt32());
        var tile = events.Single(line => line.GetProperty("event").GetString() == "tile").GetProperty("tile").GetString()!;

        var root = collector.Spans.Single(span => span.Name == "detect" && collector.Spans.Any(unit => unit.Name == "unit" && unit.Parent == span.Id && unit.Attributes["flair.unit.name"] == tile));
        var spans = collector.Spans.Where(span => span.Trace == root.Trace).ToArray();
        Assert.Equal(["detect", "index", "inference", "read", "seal", "tile", "unit"], spans.Select(span => span.Name).Distinct().Order());
        Assert.Equal("unit", ParentOf("read"));
        Assert.Equal("unit", ParentOf("inference"));
        Assert.Equal("unit", ParentOf("tile"));
        Assert.Equal("tile", ParentOf("seal"));
        Assert.Equal("tile", ParentOf("index"));
        Assert.Equal("detect", ParentOf("unit"));
        Assert.Equal((tile, "done"), (Named("tile").Attributes["flair.tile.name"], Named("tile").Attributes["flair.outcome"]));
        Assert.Equal(summary.GetProperty("run").GetProperty("windows_computed").GetInt32().ToString(), Named("inference").Attributes["flair.windows"]);

        Assert.Equal("{window}", collector.Metrics["flair.windows"]);
        Assert.Equal("{pixel}", collector.Metrics["flair.pixels"]);
        Assert.Equal("{tile}", collector.Metrics["flair.tiles"]);
        Assert.Equal("By", collector.Metrics["flair.io"]);
        Assert.All(["flair.block.busy", "flair.block.waiting", "flair.inference.duration", "flair.seal.duration", "flair.tile.duration"], name => Assert.Equal("s", collector.Metrics[name]));
        Assert.Equal("{message}", collector.Metrics["flair.block.queue"]);

        Assert.DoesNotContain(Key, output + error, StringComparison.Ordinal);
        Assert.All(collector.Texts, text => Assert.DoesNotContain(Key, text, StringComparison.Ordinal));
        Assert.All(Directory.GetFiles(here.At("map"), "*", SearchOption.AllDirectories), file => Assert.DoesNotContain(Key, File.ReadAllText(file, Encoding.Latin1), StringComparison.Ordinal));
        Assert.DoesNotContain(Key, Tiles(here.At("map")), StringComparison.Ordinal);
        Assert.Contains("sig=***&se=2/", Tiles(here.At("map")), StringComparison.Ordinal);

        // The records match the inputs they were made of: nothing is done again.
        (code, output, error) = await Detect(scene, here.At("map"));
        Assert.True(code == 0, error);
        Assert.Contains("0 tiles done, 1 done before", output, StringComparison.Ordinal);

        Span Named(string name) => spans.First(span => span.Name == name);
        string ParentOf(string name) => spans.Single(span => span.Id == Named(name).Parent).Name;
    }

    [Fact]
    public async Task ACollectorThatDoesNotAnswerChangesNothing()
    {
        var scene = here.At("scene");
        Assert.Equal(0, (await CommandLineFixture.RunAsync("toy", scene, "--tiles", "1x1", "--size", "192", "--no-patches")).Code);
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        foreach (var port in (int[])[((IPEndPoint)mute.LocalEndpoint).Port, Collector.FreePort()])
        {
            var (code, _, error) = await Detect(scene, here.At($"map{port}"), "--quiet", "--set", $"telemetry.endpoint=http://127.0.0.1:{port}").WaitAsync(TimeSpan.FromMinutes(2));
            Assert.Equal((0, ""), (code, error));
        }
    }

    [Fact]
    public async Task AnErrorIsALineWithoutSecrets()
    {
        var (code, output, error) = await CommandLineFixture.RunAsync("detect", "--pipeline", $"az://c/none.yaml?sig={Key}");
        Assert.Equal((2, "", $"error: the settings file az://c/none.yaml?sig=*** does not exist{Environment.NewLine}"), (code, output, error));

        (_, output, error) = await CommandLineFixture.RunAsync("train", "--json", "--conf", $"https://me:{Key}@host/none.yaml");
        Assert.Empty(error);
        var line = JsonDocument.Parse(output).RootElement;
        Assert.Equal(("error", "error", "the settings file https://***@host/none.yaml does not exist"), (line.GetProperty("level").GetString(), line.GetProperty("event").GetString(), line.GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("--watchdog", "0.01", "--watchdog takes 0, or 0.1 to 1440 minutes")]
    [InlineData("--set", "resources.watchdog=-1", "'resources.watchdog' must be 0 (off) or 0.1 to 1440 minutes, not -1")]
    [InlineData("--set", "telemetry.endpoint=nowhere", "'telemetry.endpoint' must be a URL such as http://localhost:4318, not 'nowhere'")]
    public async Task WrongSettingsAreRefused(string option, string value, string message)
    {
        var (code, _, error) = await Detect(here.At("none"), here.At("none-map"), option, value);
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Out, string Error)> Detect(string scene, string map, params string[] more) => CommandLineFixture.RunAsync(
        ["detect", "--pipeline", Path.Combine(Repository.Root, "pipelines", "demo.yaml"), "--input", scene, "--output", map, "--set", "window.size=128", "--set", "window.margin=32", .. more]);

    private static string Tiles(string map)
    {
        using var database = new DuckDatabase();
        using var connection = database.Connect();
        return (string)connection.Scalar($"select string_agg(cast(t as varchar), chr(10)) from '{Path.Combine(map, "tiles.parquet")}' t")!;
    }
}
