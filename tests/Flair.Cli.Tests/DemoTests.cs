using System.Text.Json;
using Flair.Gdal;

namespace Flair.Cli.Tests;

/// <summary>What <c>scripts/demo</c> does, on another landscape and smaller.</summary>
public sealed class DemoTests(CommandLineFixture here) : IClassFixture<CommandLineFixture>
{
    [Fact]
    public async Task TheDemosWeightsMapALandscapeThatTheyHaveNotSeen()
    {
        var (scene, map) = (here.At("scene"), here.At("map"));
        await Run("toy", scene, "--tiles", "1x1", "--size", "768", "--seed", "77", "--no-patches");
        await Run("detect", "--pipeline", Path.Combine(Repository.Root, "pipelines", "demo.yaml"), "--input", scene, "--output", map, "--set", "window.margin=64", "--quiet");

        // The default arithmetic is the fastest that keeps the map: here is what "keeps" means.
        var single = here.At("single");
        await Run("detect", "--pipeline", Path.Combine(Repository.Root, "pipelines", "demo.yaml"), "--input", scene, "--output", single, "--set", "window.margin=64", "--precision", "fp32", "--quiet");
        var (classes, reference) = (Classes(map), Classes(single));
        Assert.InRange(classes.Zip(reference).Count(pair => pair.First == pair.Second) / (double)reference.Length, 0.995, 1);

        using var score = JsonDocument.Parse(await Run("score", map, "--truth", Path.Combine(scene, "LABELS"), "--json"));

        // The whole demo scores higher; so small a scene has few pixels of the rare classes.
        Assert.InRange(score.RootElement.GetProperty("overall_accuracy").GetDouble(), 0.85, 1);
        Assert.InRange(score.RootElement.GetProperty("miou_present").GetDouble(), 0.6, 1);
    }

    private static byte[] Classes(string map)
    {
        using var raster = Raster.Open(Directory.GetFiles(Path.Combine(map, "tiles"), "*.tif").Single(file => !file.Contains("_confidence", StringComparison.Ordinal)));
        var classes = new byte[raster.Width * raster.Height];
        raster.Read<byte>(0, 0, raster.Width, raster.Height, [1], classes);
        return classes;
    }

    private static async Task<string> Run(params string[] args)
    {
        var (code, output, error) = await CommandLineFixture.RunAsync(args);
        Assert.True(code == 0, error + output);
        return output;
    }
}
