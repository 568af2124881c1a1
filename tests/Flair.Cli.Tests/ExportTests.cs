using Flair.Checkpoints;
using Flair.Models;

namespace Flair.Cli.Tests;

public sealed class ExportTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Fact]
    public async Task WeightsAreWrittenInHalfTheBytes()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        SafetensorsWriter.Write(_here.At("w.safetensors"), FormulaWeights.Create(architecture.Describe(encoder, 3, 7).Select(s => (s.Name, s.Shape))));

        var (code, output, error) = await CommandLineFixture.RunAsync("export", "--weights", _here.At("w.safetensors"), "--output", _here.At("h.pth"), "--dtype", "bfloat16");

        Assert.Equal((0, ""), (code, error));
        Assert.Matches($@"^{_here.At("h.pth")}: \d+ tensors, 14\.3 million values, bfloat16, 28\.\d MB\n$", output);
        Assert.Equal(ScalarType.BFloat16, CheckpointReader.Read(_here.At("h.pth"))["encoder.conv1.weight"].Type);
    }

    [Theory]
    [InlineData("--dtype must be float32, bfloat16 or float16, not 'int8'", "--dtype", "int8")]
    [InlineData("--keep-names and --flair-names exclude each other; give one of them", "--keep-names", "--flair-names")]
    public async Task OptionsAreChecked(string message, params string[] options) => Assert.Equal(
        (2, "", $"error: {message}\n"),
        await CommandLineFixture.RunAsync(["export", "--weights", "absent.pth", "--output", _here.At("w.pth"), .. options]));
}
