using System.Text.Json;
using Flair.Indexing;
using Flair.Tests.Indexing;

namespace Flair.Cli.Tests;

public sealed class InspectTests : IDisposable
{
    private readonly OutputDirectory _output = new();

    public InspectTests() => IndexData.WriteRun(_output.Layout, 2, (x, y) => x + y == 2 ? TileStatus.Failed : TileStatus.Done);

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task APersonSeesAreasSlowTilesAndFailures()
    {
        var (code, output, error) = await CommandLineFixture.RunAsync("inspect", _output.Path, "--slowest", "1");

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("not finished: 3 tiles done, 1 failed\nwindows: 72 computed, 3 without data (a window on the border of two tiles counts for each)\npixels: 3.0 million, 25.0 % without data\nmean confidence: 0.750\n", output, StringComparison.Ordinal);
        Assert.Matches(@"bâtiment\W+6\.00\W+66\.7 %", output);
        Assert.DoesNotContain("other", output, StringComparison.Ordinal);
        Assert.Matches(@"33-2024-0001-0000-LA93\W+1\.0\W", output);
        Assert.DoesNotContain("33-2024-0000-0001-LA93", output, StringComparison.Ordinal);
        Assert.Matches(@"33-2024-0001-0001-LA93\W+2\W+truncated", output);
    }

    [Fact]
    public async Task AMachineGetsJson()
    {
        var (_, output, _) = await CommandLineFixture.RunAsync("inspect", _output.Path, "--format", "json");

        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(3, json.GetProperty("summary").GetProperty("tiles_done").GetInt32());
        Assert.Equal(1, json.GetProperty("failed").GetArrayLength());
    }

    [Theory]
    [InlineData("csv", "tile,n\r\n33-2024-0000-0000-LA93,1\r\n")]
    [InlineData("json", "[\n{\"tile\":\"33-2024-0000-0000-LA93\",\"n\":1}\n]\n")]
    public async Task AQueryIsAnswered(string format, string expected)
    {
        var (code, output, _) = await CommandLineFixture.RunAsync("inspect", _output.Path, "--format", format, "--sql", "SELECT tile, 1 AS n FROM tiles ORDER BY tile LIMIT 1");
        Assert.Equal(0, code);
        Assert.Equal(expected, output);
    }

    [Fact]
    public async Task TheExamplesOfTheHelpWork()
    {
        var help = (await CommandLineFixture.RunAsync("inspect", "--help")).Out;
        var queries = help.Split('\n').Where(l => l.Contains("--sql \"", StringComparison.Ordinal)).Select(l => l.Split('"')[1]).ToArray();
        Assert.Equal(3, queries.Length);
        foreach (var query in queries)
            Assert.Equal((0, ""), await CommandLineFixture.RunAsync("inspect", _output.Path, "--sql", query) is var (code, _, error) ? (code, error) : default);
    }

    [Theory]
    [InlineData("DROP TABLE tiles")]
    [InlineData("SELECT nothing FROM tiles")]
    public async Task ABadQueryIsALine(string sql)
    {
        var (code, output, error) = await CommandLineFixture.RunAsync("inspect", _output.Path, "--sql", sql);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }
}
