using Flair.Checkpoints;
using Flair.Models;
using Flair.Torch;

namespace Flair.Tests.Models;

[Collection(LibTorchCollection.Name)]
public sealed class TrainableNetworkTests
{
    private const int Size = 128;
    private const int Classes = 3;

    public static TheoryData<string> Models =>
        [.. ArchitectureRegistry.Names.Where(name => name.StartsWith("resnet18_", StringComparison.Ordinal) || name.StartsWith("mit_b0_", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Models))]
    public void EveryParameterThatIsUsedGetsAGradient(string model)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(model);
        var weights = WeightInitialization.Create(architecture, encoder, 3, Classes, seed: 1);
        using var network = architecture.CreateTrainable(encoder, 3, Classes, weights, "cpu");
        using var input = Tensor.From<float>(FormulaWeights.Input(2 * 3 * Size * Size), 2, 3, Size, Size);
        network.Training = true;
        Backward(network, input, metadata: null);
        var parameters = architecture.Describe(encoder, 3, Classes).Where(spec => !spec.IsBuffer).Select(spec => spec.Name);
        // PSPNet takes the first three maps only.
        AssertGradients(network, parameters, unused: name => model.EndsWith("_pspnet", StringComparison.Ordinal) && (name.Contains(".layer3.", StringComparison.Ordinal) || name.Contains(".layer4.", StringComparison.Ordinal)));
    }

    [Fact]
    public void MetadataGetAGradientToo()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        var weights = WeightInitialization.Create(architecture, encoder, 1, Classes, seed: 1, metadata: true);
        using var network = architecture.CreateTrainable(encoder, 1, Classes, weights, "cpu", metadata: true);
        using var input = Tensor.From<float>(FormulaWeights.Input(512 * 512), 1, 1, 512, 512);
        using var metadata = Creation.Full([1, 45], 1);
        network.Training = true;
        Backward(network, input, metadata);
        AssertGradients(network, architecture.Describe(encoder, 1, Classes, metadata: true).Where(spec => !spec.IsBuffer).Select(spec => spec.Name), unused: _ => false);
    }

    [Theory]
    [InlineData("resnet18_fpn")]
    [InlineData("resnet18_deeplabv3")]
    [InlineData("mit_b0_unet")]
    public void TrainingDropsAtRandomAndUseDoesNot(string model)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(model);
        using var network = architecture.CreateTrainable(encoder, 3, Classes, WeightInitialization.Create(architecture, encoder, 3, Classes, seed: 1), "cpu");
        using var input = Tensor.From<float>(FormulaWeights.Input(2 * 3 * 64 * 64), 2, 3, 64, 64);
        Assert.Equal(Logits(network, input), Logits(network, input));
        network.Training = true;
        // The last block of mit_b0 is skipped with probability 0.1 only: one of several passes will.
        var first = Logits(network, input);
        Assert.Contains(Enumerable.Range(0, 40), _ => !Logits(network, input).SequenceEqual(first));
    }

    [Fact]
    public void ABatchOfOneValueIsRefused()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_deeplabv3");
        using var network = architecture.CreateTrainable(encoder, 3, Classes, WeightInitialization.Create(architecture, encoder, 3, Classes, seed: 1), "cpu");
        using var input = Creation.Zeros([1, 3, 64, 64]);
        network.Training = true;
        Assert.Contains("take a batch_size of 2 or more", Assert.Throws<FlairException>(() => network.Forward(input)).Message, StringComparison.Ordinal);
    }

    private static float[] Logits(ITrainableNetwork network, Tensor input)
    {
        using var logits = network.Forward(input);
        return logits.ToArray<float>();
    }

    private static void Backward(ITrainableNetwork network, Tensor input, Tensor? metadata)
    {
        LibTorch.GradMode = GradMode.Record;
        try
        {
            using var logits = network.Forward(input, metadata);
            Assert.Equal([input.Shape[0], Classes, input.Shape[2], input.Shape[3]], logits.Shape);
            using var squares = logits.Mul(logits);
            using var loss = squares.Mean([0, 1, 2, 3]);
            loss.Backward();
        }
        finally
        {
            LibTorch.GradMode = GradMode.None;
        }
    }

    private static void AssertGradients(ITrainableNetwork network, IEnumerable<string> names, Func<string, bool> unused)
    {
        foreach (var (name, parameter) in names.Zip(network.Parameters))
        {
            using var gradient = parameter.Gradient();
            if (unused(name))
                Assert.Null(gradient);
            else
                Assert.True(gradient is not null && gradient.ToArray<float>().All(float.IsFinite), name);
        }
    }
}
