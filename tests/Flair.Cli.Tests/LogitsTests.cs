using Flair.Checkpoints;
using Flair.Models;

namespace Flair.Cli.Tests;

public sealed class LogitsTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Fact]
    public async Task TheLogitsOfFormulaWeightsAreTheReferences()
    {
        NpyFile.Write(_here.At("x.npy"), FormulaWeights.Input(5 * 64 * 96), [1, 5, 64, 96]);

        var (code, output, error) = await Logits("formula", "--classes", "19");

        Assert.Equal((0, ""), (code, error));
        Assert.Equal($"{_here.At("y.npy")}: float32 [1, 19, 64, 96]\n", output);
        var (values, shape) = NpyFile.ReadFloat32(_here.At("y.npy"));
        Assert.Equal([1, 19, 64, 96], shape);

        // conformance/models/index.json, resnet18_unet_5ch_19cl: over all logits.
        Assert.Equal(-0.01405597385019064, values.Average(v => (double)v), 1e-5);
        Assert.Equal(0.997877836227417, values.Max(v => (double)Math.Abs(v)), 1e-3);
    }

    [Fact]
    public async Task ACheckpointSaysItsOwnClasses()
    {
        NpyFile.Write(_here.At("x.npy"), FormulaWeights.Input(3 * 32 * 32), [1, 3, 32, 32]);
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        SafetensorsWriter.Write(_here.At("w.safetensors"), FormulaWeights.Create(architecture.Describe(encoder, 3, 7).Select(s => (s.Name, s.Shape))));

        Assert.Equal((0, ""), await Logits(_here.At("w.safetensors")) is var (code, _, error) ? (code, error) : default);
        var (fromFile, shape) = NpyFile.ReadFloat32(_here.At("y.npy"));
        Assert.Equal([1, 7, 32, 32], shape);
        await Logits("formula", "--classes", "7");
        Assert.Equal(NpyFile.ReadFloat32(_here.At("y.npy")).Data, fromFile);
    }

    [Fact]
    public async Task AnotherNumberOfChannelsIsExplained()
    {
        NpyFile.Write(_here.At("x.npy"), FormulaWeights.Input(5 * 32 * 32), [1, 5, 32, 32]);
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        SafetensorsWriter.Write(_here.At("w.safetensors"), FormulaWeights.Create(architecture.Describe(encoder, 3, 7).Select(s => (s.Name, s.Shape))));

        var (code, _, error) = await Logits(_here.At("w.safetensors"));

        Assert.Equal(2, code);
        Assert.Contains("encoder.conv1.weight", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_here.At("y.npy")));
    }

    [Theory]
    [InlineData(new[] { 5, 64, 64 }, "its shape is [5, 64, 64]; the network takes [n, channels, height, width]")]
    [InlineData(new[] { 1, 5, 64, 50 }, "height 64 and width 50 must be multiples of 32")]
    [InlineData(new[] { 1, 5, 0, 64 }, "its shape is [1, 5, 0, 64]; the network takes [n, channels, height, width]")]
    public async Task ShapesAreChecked(int[] shape, string message)
    {
        NpyFile.Write(_here.At("x.npy"), new float[shape.Aggregate(1, (a, b) => a * b)], shape);

        var (code, _, error) = await Logits("formula");

        Assert.Equal(2, code);
        Assert.Equal($"error: {_here.At("x.npy")}: {message}\n", error);
        Assert.False(File.Exists(_here.At("y.npy")));
    }

    [Fact]
    public async Task AnUnknownModelIsNamed()
    {
        NpyFile.Write(_here.At("x.npy"), new float[3 * 32 * 32], [1, 3, 32, 32]);
        var (code, _, error) = await CommandLineFixture.RunAsync("logits", "--model", "resnet18_unte", "--weights", "formula", "--input", _here.At("x.npy"), "--output", _here.At("y.npy"));
        Assert.Equal(2, code);
        Assert.Contains("did you mean 'resnet18_unet'?", error, StringComparison.Ordinal);
    }

    private Task<(int Code, string Out, string Error)> Logits(string weights, params string[] more) => CommandLineFixture.RunAsync(
        ["logits", "--model", "resnet18_unet", "--weights", weights, "--input", _here.At("x.npy"), "--output", _here.At("y.npy"), .. more]);
}
