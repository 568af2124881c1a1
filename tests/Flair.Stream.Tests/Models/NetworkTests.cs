using System.Runtime.InteropServices;
using Flair.Checkpoints;
using Flair.Models;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Tests.Models;

[Collection(LibTorchCollection.Name)]
public sealed class NetworkTests
{
    [Fact]
    public void BrainFloatIsNearTheReference()
    {
        var reference = ReferenceModel.Find("resnet18_unet_5ch_19cl");
        using var input = reference.FormulaInput();
        using var network = reference.CreateWithFormulaWeights();
        using var optimized = NetworkOptimizer.Optimize(network, Precision.Bf16, "cpu");
        using var logits = optimized.Forward(input);
        Assert.Equal(TorchScalarType.Float32, logits.ScalarType);
        var values = logits.ToArray<float>();
        var expected = reference.Logits();
        // Eight bits of mantissa through forty layers: a hundredth of the range on average, nowhere a tenth.
        var range = expected.Max(Math.Abs);
        Assert.InRange(expected.Select((e, i) => Math.Abs(e - values[i * reference.Step])).Max(), 0, 0.1 * range);
    }

    [Fact]
    public void HalvesAndDoublesAreConverted()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        var specs = architecture.Describe(encoder, 1, 2);
        var full = FormulaWeights.Create(specs.Select(spec => (spec.Name, spec.Shape)));
        var mixed = new StateDict();
        foreach (var (name, tensor) in full)
        {
            mixed.Add(name, tensor.Type != ScalarType.Float32 ? tensor : new StoredTensor(
                ScalarType.Float64, tensor.Shape,
                MemoryMarshal.AsBytes(MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray().Select(value => (double)value).ToArray().AsSpan()).ToArray()));
        }

        using var input = Tensor.From<float>(FormulaWeights.Input(32 * 32), 1, 1, 32, 32);
        using var expectedNetwork = architecture.Create(encoder, 1, 2, full);
        using var network = architecture.Create(encoder, 1, 2, mixed);
        using var expected = expectedNetwork.Forward(input);
        using var logits = network.Forward(input);
        Assert.Equal(expected.ToArray<float>(), logits.ToArray<float>());
    }

    [Fact]
    public void AMissingOrMisshapenWeightIsNamed()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        var missing = FormulaWeights.Create(architecture.Describe(encoder, 3, 2).Where(spec => spec.Name != "encoder.bn1.weight").Select(spec => (spec.Name, spec.Shape)));
        Assert.Contains("'encoder.bn1.weight' [64]", Assert.Throws<FlairException>(() => architecture.Create(encoder, 3, 2, missing)).Message, StringComparison.Ordinal);
        var otherClasses = FormulaWeights.Create(architecture.Describe(encoder, 3, 4).Select(spec => (spec.Name, spec.Shape)));
        Assert.Contains("'segmentation_head.0.weight' is [4, 16, 3, 3]", Assert.Throws<FlairException>(() => architecture.Create(encoder, 3, 2, otherClasses)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet18_unet", 3, 64, 64, "[n, 5, h, w]")]
    [InlineData("resnet18_unet", 5, 64, 48, "multiples of 32,")]
    [InlineData("resnet18_pan", 5, 128, 112, "multiples of 16 from 128 on,")]
    public void AnInputThatDoesNotFitIsRefused(string model, int channels, int height, int width, string expected)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(model);
        using var network = ReferenceModel.FormulaNetwork(architecture, encoder, 5, 2);
        using var input = Creation.Zeros([1, channels, height, width]);
        Assert.Contains(expected, Assert.Throws<FlairException>(() => network.Forward(input)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Precision.Fp16, "cpu", "needs a CUDA device")]
    [InlineData(Precision.Fp32, "cuda:63", "is not there")]
    [InlineData(Precision.Fp32, "tpu", "is unknown")]
    public void AnImpossibleDeviceIsRefused(Precision precision, string device, string expected)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        using var network = ReferenceModel.FormulaNetwork(architecture, encoder, 1, 1);
        Assert.Contains(expected, Assert.Throws<FlairException>(() => NetworkOptimizer.Optimize(network, precision, device)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IntermediatesAreFreedByTheEndOfTheForwardPass()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        using var network = ReferenceModel.FormulaNetwork(architecture, encoder, 3, 2);
        using var input = Creation.Zeros([1, 3, 256, 256]);
        network.Forward(input).Dispose();
        var before = LibTorch.AllocatorStats.UsedBytes;
        network.Forward(input).Dispose();
        Assert.Equal(before, LibTorch.AllocatorStats.UsedBytes);
    }
}
