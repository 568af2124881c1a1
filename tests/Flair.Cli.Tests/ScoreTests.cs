using System.Text.Json;
using Flair.Gdal;

namespace Flair.Cli.Tests;

public sealed class ScoreTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public ScoreTests()
    {
        Write("map.tif", [0, 0, 1, 1]);
        Write("truth.tif", [1, 1, 1, 2]);
    }

    public void Dispose() => _here.Dispose();

    [Fact]
    public async Task APersonSeesTheTableAndTheScore()
    {
        var (code, output, error) = await CommandLineFixture.RunAsync("score", _here.At("map.tif"), "--truth", _here.At("truth.tif"), "--output", _here.At("score"));

        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"building +1 +66\.6667 +80\.0000 +100\.0000 +66\.6667", output);
        Assert.EndsWith("\nmIoU 0.58 over 2 classes present, overall accuracy 0.75, 4 pixels\n", output, StringComparison.Ordinal);
        Assert.True(File.Exists(_here.At("score/metrics.json")) && File.Exists(_here.At("score/confmat.npy")));
    }

    [Fact]
    public async Task AMachineGetsJson()
    {
        var (_, output, _) = await CommandLineFixture.RunAsync("score", _here.At("map.tif"), "--truth", _here.At("truth.tif"), "--classes", "flair-12", "--json");

        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(7 / 12.0, json.GetProperty("miou_present").GetDouble(), 1e-12);
        Assert.Equal((2, 12), (json.GetProperty("classes_present").GetInt32(), json.GetProperty("classes").GetArrayLength()));
        Assert.Equal(["map.tif", "truth.tif"], Directory.GetFiles(_here.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--truth-starts-at must be 0 or 1, not 2", "--truth-starts-at", "2")]
    [InlineData("model.classes: there is no nomenclature 'flair-20'", "--classes", "flair-20")]
    public async Task OptionsAreChecked(string message, params string[] options)
    {
        var (code, _, error) = await CommandLineFixture.RunAsync(["score", _here.At("map.tif"), "--truth", _here.At("truth.tif"), .. options]);
        Assert.Equal(2, code);
        Assert.StartsWith($"error: {message}", error, StringComparison.Ordinal);
    }

    private void Write(string name, byte[] values)
    {
        using var raster = Raster.Create("GTiff", _here.At(name), 2, 2, 1, GdalType.Byte);
        raster.SetGeoTransform([900000, 0.2, 0, 6500000, 0, -0.2]);
        raster.Write<byte>(0, 0, 2, 2, [1], values);
        raster.Close();
    }
}
