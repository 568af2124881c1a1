using System.Text.Json;

namespace Flair.Cli.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Theory]
    [InlineData]
    [InlineData("--help")]
    public async Task HelpListsTheCommandsAndTheExitCodes(params string[] args)
    {
        var (code, output, error) = await CommandLineFixture.RunAsync(args);

        Assert.Equal(0, code);
        Assert.Empty(error);
        foreach (var word in new[] { "detect", "plan", "inspect", "logits", "toy", "doctor", "Exit codes: 0 all done, 1 some tiles failed", "2 unusable input", "130 stopped" })
            Assert.Contains(word, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheHelpOfACommandEndsWithExamples() =>
        Assert.Contains("flair detect --conf flair-1-config-detect.yaml", (await CommandLineFixture.RunAsync("detect", "--help")).Out, StringComparison.Ordinal);

    [Fact]
    public async Task TheVersionIsThatOfTheAssembly() =>
        Assert.Equal($"flair {typeof(FlairCommandLine).Assembly.GetName().Version!.ToString(3)}", (await CommandLineFixture.RunAsync("--version")).Out.Trim());

    [Theory]
    [InlineData("there is no command 'dtect'; did you mean 'detect'?", "dtect")]
    [InlineData("there is no option '--ouput'; did you mean '--output'?", "detect", "--ouput", "x")]
    [InlineData("there is no option '--zzzzzz'; see flair detect --help", "detect", "--zzzzzz")]
    [InlineData("Required argument missing for option: '--precision'; see flair detect --help", "detect", "--precision")]
    [InlineData("Required argument missing for command: 'inspect'; see flair inspect --help", "inspect")]
    [InlineData("no settings: give --pipeline FILE (pipelines/ holds examples), or --input, --output, --model, --weights and --set bands=[…]", "detect")]
    [InlineData("no settings: give --pipeline FILE (pipelines/ holds examples), or --input, --output, --model, --weights and --set bands=[…]", "plan")]
    [InlineData("the settings file no.yaml does not exist", "detect", "--pipeline", "no.yaml")]
    [InlineData("there is no format \"xml\"; use table, csv or json", "inspect", "x", "--format", "xml")]
    public async Task OneLineAndExitCodeTwo(string message, params string[] args)
    {
        var (code, output, error) = await CommandLineFixture.RunAsync(args);

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal($"error: {message}{Environment.NewLine}", error);
    }

    [Fact]
    public async Task TheSettingsThatApplyCanBePrinted()
    {
        var demo = Path.Combine(Repository.Root, "pipelines", "demo.yaml");

        var (code, output, _) = await CommandLineFixture.RunAsync("plan", "-p", demo, "--print-settings", "--input", "/scene", "--set", "batch=2", "--precision", "bf16");

        Assert.Equal(0, code);
        Assert.Contains("path: [\"/scene/", output, StringComparison.Ordinal);
        Assert.Contains("batch: 2\n", output, StringComparison.Ordinal);
        Assert.Contains("precision: bf16\n", output, StringComparison.Ordinal);
        Assert.Equal(output, (await CommandLineFixture.RunAsync("plan", "--conf", _here.Write("run.yaml", output), "--print-settings")).Out);
    }

    [Fact]
    public async Task EveryErrorOfASettingsFileIsALine()
    {
        var file = _here.Write("p.yaml", "bacth: 1\nstitch: no\n");

        var (code, _, error) = await CommandLineFixture.RunAsync("plan", "--conf", file);

        Assert.Equal(2, code);
        var lines = error.TrimEnd().Split('\n');
        Assert.All(lines, line => Assert.StartsWith($"error: {file}:", line, StringComparison.Ordinal));
        Assert.Contains($"error: {file}:1:1: unknown key 'bacth'; did you mean 'batch'?", lines);
        Assert.Contains($"error: {file}:2:9: 'stitch' must be blend or crop, not 'no'", lines);
    }

    [Fact]
    public async Task WithJsonAnErrorIsAnObject()
    {
        var (code, output, error) = await CommandLineFixture.RunAsync("detect", "--json", "--pipeline", "no.yaml");

        Assert.Equal(2, code);
        Assert.Empty(error);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal("error", json.GetProperty("event").GetString());
        Assert.Equal("the settings file no.yaml does not exist", json.GetProperty("message").GetString());
        Assert.Equal(2, json.GetProperty("exit_code").GetInt32());
    }
}
