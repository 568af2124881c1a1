using System.Runtime.InteropServices;
using Flair.Checkpoints;
using Flair.Models;

namespace Flair.Tests.Models;

public sealed class WeightInitializationTests(WeightInitializationTests.Drawn drawn) : IClassFixture<WeightInitializationTests.Drawn>
{
    [Fact]
    public void NamesShapesAndTypesAreTheNetworks()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        var weights = WeightInitialization.Create(architecture, encoder, 5, 19, 1);
        Assert.Equal(
            architecture.Describe(encoder, 5, 19).Select(spec => $"{spec.Name} {string.Join(',', spec.Shape)} {spec.Type}"),
            weights.Select(entry => $"{entry.Key} {string.Join(',', entry.Value.Shape)} {entry.Value.Type}"));
        Assert.All(weights.Where(entry => entry.Value.Type == ScalarType.Int64), entry => Assert.Equal(0, MemoryMarshal.Read<long>(entry.Value.Data.Span)));
    }

    // The standard deviations are those of the formulas; a uniform one's bound is √3 times it.
    [Theory]
    [InlineData("resnet18_unet", 3, "encoder.conv1.weight", 0.025253813613805268, false)] // √(2 / (64 · 49))
    [InlineData("resnet18_unet", 5, "encoder.conv1.weight", 0.036885556, true)] // 1 / √(3 · 5 · 49)
    [InlineData("resnet18_unet", 5, "encoder.layer2.0.conv1.weight", 0.041666666666666664, false)] // √(2 / (128 · 9))
    [InlineData("resnet18_unet", 5, "encoder.layer2.0.downsample.0.weight", 0.125, false)] // √(2 / 128)
    [InlineData("resnet18_unet", 5, "decoder.blocks.0.conv1.0.weight", 0.017010345, true)] // √(2 / (768 · 9))
    [InlineData("resnet18_unet", 5, "segmentation_head.0.weight", 0.079681907, true)] // √(2 / ((16 + 19) · 9))
    [InlineData("resnet18_linknet", 5, "decoder.blocks.1.block.1.0.weight", 0.018042196, true)] // 1 / √(3 · 64 · 16)
    [InlineData("mit_b0_fpn", 3, "encoder.block1.0.attn.q.weight", 0.02, false)]
    [InlineData("mit_b0_fpn", 3, "encoder.patch_embed2.proj.weight", 0.058925565, false)] // √(2 / (64 · 9))
    [InlineData("mit_b0_fpn", 3, "encoder.block4.0.mlp.dwconv.dwconv.weight", 0.47140452, false)] // √(2 / 9)
    public void WeightsHaveTheDistributionOfPyTorchs(string model, int channels, string name, double deviation, bool uniform)
    {
        var values = Values(model, channels, name);
        // Four standard errors of the mean and of the deviation; the fourth moment tells a uniform (1.8) from a normal (3).
        var n = Math.Sqrt(values.Length);
        Assert.InRange(values.Average(), -4 * deviation / n, 4 * deviation / n);
        var variance = values.Average(value => value * value);
        Assert.InRange(Math.Sqrt(variance) / deviation, 1 - (3 / n), 1 + (3 / n));
        var kurtosis = values.Average(value => value * value * value * value) / (variance * variance);
        Assert.InRange(kurtosis, uniform ? 1.8 - (4 / n) : 3 - (20 / n), uniform ? 1.8 + (4 / n) : 3 + (20 / n));
        var extreme = values.Max(Math.Abs) / deviation;
        if (uniform)
            Assert.InRange(extreme, 1.7, Math.Sqrt(3) + 1e-6);
        else
            Assert.InRange(extreme, 3, 6.5);
    }

    [Theory]
    [InlineData("encoder.bn1.weight", 1)]
    [InlineData("encoder.bn1.bias", 0)]
    [InlineData("encoder.bn1.running_mean", 0)]
    [InlineData("encoder.bn1.running_var", 1)]
    [InlineData("decoder.blocks.0.conv1.1.weight", 1)]
    [InlineData("decoder.blocks.0.conv1.1.bias", 0)]
    [InlineData("segmentation_head.0.bias", 0)]
    [InlineData("encoder.patch_embed1.proj.bias", 0, "mit_b0_fpn")]
    [InlineData("encoder.norm1.weight", 1, "mit_b0_fpn")]
    [InlineData("decoder.seg_blocks.0.block.0.block.1.weight", 1, "mit_b0_fpn")]
    public void NormalizationsAndBiasesBeginNeutral(string name, double expected, string model = "resnet18_unet") =>
        Assert.All(Values(model, 3, name), value => Assert.Equal(expected, value));

    [Fact]
    public void WeightsAreAFunctionOfSeedAndNameAlone()
    {
        var first = Values("resnet18_unet", 5, "decoder.blocks.1.conv2.0.weight");
        Assert.Equal(first, Values("resnet18_unet", 3, "decoder.blocks.1.conv2.0.weight"));
        Assert.Equal(first, Values("resnet34_unet", 5, "decoder.blocks.1.conv2.0.weight"));
        AssertIndependent(first, Values("resnet18_unet", 5, "decoder.blocks.1.conv2.0.weight", seed: 8));
        AssertIndependent(Values("resnet18_unet", 5, "encoder.layer1.0.conv1.weight"), Values("resnet18_unet", 5, "encoder.layer1.0.conv2.weight"));
    }

    // Written down once: a change of the generator would silently change what a seed means.
    [Fact]
    public void ASeedMeansTheseNumbers()
    {
        Assert.Equal([0.001707, 0.132825, 0.056501], Values("resnet18_unet", 5, "segmentation_head.0.weight").Take(3).Select(value => Math.Round(value, 6)));
        Assert.Equal([0.035545, -0.159702, 0.012556], Values("resnet18_unet", 5, "encoder.layer1.0.conv1.weight").Take(3).Select(value => Math.Round(value, 6)));
    }

    [Fact]
    public void TheMetadataEncoderBeginsAsPyTorchsLinear()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        var weights = WeightInitialization.Create(architecture, encoder, 3, 2, seed: 7, metadata: true);
        foreach (var name in new[] { "enc.enc_mlp.0.weight", "enc.enc_mlp.0.bias" })
        {
            var values = MemoryMarshal.Cast<byte, float>(weights[name].Data.Span).ToArray();
            Assert.InRange(values.Max(Math.Abs) * Math.Sqrt(45), 0.9, 1);
            Assert.InRange(values.Average() * Math.Sqrt(45), -0.3, 0.3);
        }
    }

    private static void AssertIndependent(double[] a, double[] b)
    {
        var correlation = a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));
        Assert.InRange(correlation, -5 / Math.Sqrt(a.Length), 5 / Math.Sqrt(a.Length));
    }

    private double[] Values(string model, int channels, string name, long seed = 7) =>
        [.. MemoryMarshal.Cast<byte, float>(drawn.Of(model, channels, seed)[name].Data.Span).ToArray().Select(value => (double)value)];

    /// <summary>Each network's weights once for all tests.</summary>
    public sealed class Drawn
    {
        private readonly Dictionary<(string Model, int Channels, long Seed), StateDict> _states = [];

        public StateDict Of(string model, int channels, long seed)
        {
            if (_states.TryGetValue((model, channels, seed), out var state))
                return state;
            var (architecture, encoder) = ArchitectureRegistry.Parse(model);
            return _states[(model, channels, seed)] = WeightInitialization.Create(architecture, encoder, channels, 19, seed);
        }
    }
}
