using System.Text.Json;

namespace Flair.Cli.Tests;

public sealed class CompareTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Fact]
    public async Task AModelThatFailsIsARowAndExitCode1()
    {
        var file = _here.Write("swin.yaml", "paths: { out_folder: x }\nchannels: [1]\nclasses: {}\n");

        var (code, output, error) = await CommandLineFixture.RunAsync("compare", file, "--output", _here.At("out"), "--quiet");

        Assert.Equal((1, ""), (code, error));
        Assert.Contains("\n| swin | – |", output, StringComparison.Ordinal);
        Assert.Contains($"- swin: {file}", output, StringComparison.Ordinal);
        Assert.EndsWith($"\n{_here.At("out/comparison.md")}, {_here.At("out/comparison.csv")}\n", output, StringComparison.Ordinal);
        Assert.Contains(File.ReadAllText(_here.At("out/comparison.md")), output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMachineGetsTheRowsAsJson()
    {
        var (code, output, _) = await CommandLineFixture.RunAsync("compare", _here.At("absent.yaml"), "--output", _here.At("out"), "--json");

        Assert.Equal(1, code);
        var last = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal("comparison", last.GetProperty("event").GetString());
        var row = last.GetProperty("models")[0];
        Assert.Equal(("absent", $"the settings file {_here.At("absent.yaml")} does not exist"), (row.GetProperty("name").GetString(), row.GetProperty("problem").GetString()));
    }

    [Fact]
    public async Task ThereIsSomethingToCompare() =>
        Assert.Equal(2, (await CommandLineFixture.RunAsync("compare", "--output", _here.At("out"))).Code);
}
