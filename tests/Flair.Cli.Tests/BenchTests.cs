using System.Text.Json;

namespace Flair.Cli.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Theory]
    [InlineData("there is nothing called 'netwrok' to measure; did you mean 'network'?; valid: network, decode, write, all", "netwrok")]
    [InlineData("--seconds must be above 0 and at most 3600, not 0", "write", "--seconds", "0")]
    [InlineData("--seconds must be above 0 and at most 3600, not NaN", "write", "--seconds", "NaN")]
    public async Task OptionsAreChecked(string message, params string[] arguments) =>
        Assert.Equal((2, "", $"error: {message}\n"), await CommandLineFixture.RunAsync(["bench", .. arguments]));

    [Fact]
    public async Task WritingIsMeasuredWithoutTouchingTheOutputOfTheFile()
    {
        var scene = _here.At("scene");
        Assert.Equal(0, (await CommandLineFixture.RunAsync("toy", scene, "--tiles", "1x1", "--size", "64", "--no-patches")).Code);
        var pipeline = _here.Write("pipeline.yaml", $$"""
            input: {{scene}}
            inputs:
              - { name: rvb, path: "**/OHR_RVB_*/*.jp2", bands: [1, 2, 3] }
            model: { architecture: resnet18_unet, weights: formula, classes: flair-12 }
            normalization: { type: scaling }
            output: map
            """);
        var (code, output, error) = await CommandLineFixture.RunAsync("bench", "write", "--pipeline", pipeline, "--seconds", "0.001", "--json");
        Assert.Equal((0, ""), (code, error));
        var figures = JsonDocument.Parse(output).RootElement;
        Assert.Equal(64 * 64, figures.GetProperty("write").GetProperty("pixels").GetInt64());
        Assert.Equal(JsonValueKind.Null, figures.GetProperty("decode").ValueKind);
        Assert.False(Directory.Exists(_here.At("map")));

        (code, output, _) = await CommandLineFixture.RunAsync("bench", "write", "--pipeline", pipeline, "--seconds", "0.001");
        Assert.Equal(0, code);
        Assert.Contains(" by GDAL alone, from memory, not read back\n", output, StringComparison.Ordinal);
    }
}
