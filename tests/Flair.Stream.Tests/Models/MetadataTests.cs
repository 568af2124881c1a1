using System.Runtime.InteropServices;
using System.Text.Json;
using Flair.Checkpoints;
using Flair.Models;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Tests.Models;

/// <summary>FLAIR-1's U-Net with aerial metadata (shared conformance data, metadata_unet/).</summary>
[Collection(LibTorchCollection.Name)]
public sealed class MetadataTests
{
    private const int Channels = 5;
    private const int Classes = 19;
    private const int Step = 997;

    [Fact]
    public void NamesAndLogitsAreTheReferences()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet34_unet");
        var weights = StateDictNames.Strip(FormulaWeights.Create(Keys()), keepMetadata: true);
        Assert.Equal(
            weights.Select(entry => $"{entry.Key} [{string.Join(',', entry.Value.Shape)}]"),
            architecture.Describe(encoder, Channels, Classes, metadata: true).Select(spec => $"{spec.Name} [{string.Join(',', spec.Shape)}]"));

        using var network = architecture.Create(encoder, Channels, Classes, weights, metadata: true);
        using var optimized = NetworkOptimizer.Optimize(network, Precision.Fp32, "cpu");
        using var input = Tensor.From<float>(FormulaWeights.Input(Channels * 512 * 512), 1, Channels, 512, 512);
        using var metadata = Metadata(1);
        var expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(PathOf("logits.f32"))).ToArray();
        foreach (var one in new[] { network, optimized })
        {
            using var logits = one.Forward(input, metadata);
            Assert.Equal([1, Classes, 512, 512], logits.Shape);
            var values = logits.ToArray<float>();
            Assert.Equal((values.Length + Step - 1) / Step, expected.Length);
            Assert.InRange(expected.Select((e, i) => Math.Abs(e - values[i * Step])).Max(), 0, 1e-3 * Math.Max(1, expected.Max(Math.Abs)));
        }
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        using var network = ReferenceModel.FormulaNetwork(architecture, encoder, 1, 2, metadata: true);
        using var patch = Creation.Zeros([2, 1, 512, 512]);
        using var small = Creation.Zeros([2, 1, 256, 256]);
        using var one = Metadata(1);
        using var two = Metadata(2);
        Assert.Contains("patches of 512 × 512 pixels, not 256 × 256", Refusal(() => network.Forward(small, two)), StringComparison.Ordinal);
        Assert.Contains("metadata [2, 45], not [1, 45]", Refusal(() => network.Forward(patch, one)), StringComparison.Ordinal);
        Assert.Contains("metadata [2, 45], not none", Refusal(() => network.Forward(patch)), StringComparison.Ordinal);
        using var without = ReferenceModel.FormulaNetwork(architecture, encoder, 1, 2);
        Assert.Contains("takes no metadata", Refusal(() => without.Forward(small, two)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet50_unet", "its own has 2048 and 1/32")]
    [InlineData("resnet34_deeplabv3", "its own has 512 and 1/8")]
    public void AMapThatMetadataCannotBeAddedToIsRefused(string name, string expected)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        var message = Refusal(() => architecture.Describe(encoder, Channels, Classes, metadata: true));
        Assert.Contains($"{name} takes no metadata", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    private static string Refusal(Action action) => Assert.Throws<FlairException>(action).Message;

    private static Tensor Metadata(int count) => Tensor.From<float>([.. Enumerable.Range(0, count * 45).Select(i => (float)FormulaWeights.Unit("metadata", i))], count, 45);

    private static IEnumerable<(string Name, IReadOnlyList<long> Shape)> Keys()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(PathOf("keys.json")));
        foreach (var entry in document.RootElement.EnumerateArray())
            yield return (entry[0].GetString()!, [.. entry[1].EnumerateArray().Select(side => side.GetInt64())]);
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Models", "Data", "metadata", file);
}
