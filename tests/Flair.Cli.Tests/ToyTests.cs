namespace Flair.Cli.Tests;

public sealed class ToyTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Theory]
    [InlineData("--tiles must be columns x rows, such as 2x2, not '2'", "--tiles", "2")]
    [InlineData("toy: 0x2 tiles asked for; give from 1x1 to 10000 in all, e.g. --tiles 2x2", "--tiles", "0x2")]
    [InlineData("toy: a tile of 8 pixels asked for; give 16 to 25000, e.g. --size 1000", "--size", "8")]
    public async Task OptionsAreChecked(string message, params string[] options) =>
        Assert.Equal((2, "", $"error: {message}\n"), await CommandLineFixture.RunAsync(["toy", _here.Root, .. options]));

    [Fact]
    public async Task TheDemoPipelineFindsEveryProductOfAScene()
    {
        var scene = _here.At("scene");
        var (code, output, _) = await CommandLineFixture.RunAsync("toy", scene, "--tiles", "2x1", "--size", "64", "--no-patches");
        Assert.Equal(0, code);
        Assert.EndsWith($"{scene}: 2x1 tiles of 64 x 64 pixels, seed 1\n", output, StringComparison.Ordinal);
        Assert.EndsWith(", there already\n", (await CommandLineFixture.RunAsync("toy", scene, "--tiles", "2x1", "--size", "64", "--no-patches")).Out, StringComparison.Ordinal);

        // The globs of pipelines/demo.yaml, taken apart by hand: **/FOLDER_*/*.jp2 and **/*_MNS_*.tif.
        string[] files = [.. Directory.EnumerateFiles(scene, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(scene, f).Replace('\\', '/'))];
        foreach (var part in new[] { "/OHR_RVB_", "/OHR_IRC_", "_MNS_", "_MNT_" })
            Assert.Equal(2, files.Count(f => f.Contains(part, StringComparison.Ordinal)));
    }
}
