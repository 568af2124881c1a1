using System.Runtime.InteropServices;
using Flair.Batching;
using Flair.Inference;
using Flair.Settings;
using Flair.Source;
using Flair.Torch;

namespace Flair.Tests.Inference;

public sealed class TensorNormalizationTests
{
    private const int Channels = 5;

    private static readonly NormalizationSettings s_flair = new() { Means = [105.08, 110.87, 101.82, 106.38, 53.26], Stds = [52.17, 45.38, 44, 39.69, 79.3] };

    [Theory]
    [InlineData(NormalizationType.Custom)]
    [InlineData(NormalizationType.Scaling)]
    [InlineData(NormalizationType.Without)]
    public void Bytes_become_what_the_tables_say(NormalizationType type)
    {
        byte[] raw = [.. Enumerable.Range(0, 2 * Channels * 256).Select(i => (byte)i)];
        var settings = s_flair with { Type = type };
        AssertAsNormalizer(settings, SampleType.UInt8, 255, raw, Tensor.From<byte>(raw, 2, Channels, 16, 16));
    }

    [Theory]
    [InlineData(NormalizationType.Custom)]
    [InlineData(NormalizationType.Scaling)]
    [InlineData(NormalizationType.Without)]
    public void Numbers_become_what_the_formula_says(NormalizationType type)
    {
        float[] raw = [.. Enumerable.Range(0, 2 * Channels * 256).Select(i => i * 25.5f)];
        AssertAsNormalizer(s_flair with { Type = type }, SampleType.Float32, 65535, MemoryMarshal.AsBytes<float>(raw).ToArray(), Tensor.From<float>(raw, 2, Channels, 16, 16));
    }

    private static void AssertAsNormalizer(NormalizationSettings settings, SampleType samples, double maximum, byte[] raw, Tensor there)
    {
        using var windows = there;
        using var normalization = new TensorNormalization(settings, maximum, "cpu");
        using var applied = normalization.Apply(windows);
        var expected = new float[2 * Channels * 256];
        var normalizer = new Normalizer(settings, Channels, samples, maximum);
        var half = raw.Length / 2;
        normalizer.Normalize(raw.AsSpan(0, half), expected.AsSpan(0, expected.Length / 2));
        normalizer.Normalize(raw.AsSpan(half), expected.AsSpan(expected.Length / 2));
        var actual = applied.ToArray<float>();
        Assert.Equal(TorchScalarType.Float32, applied.ScalarType);
        for (var i = 0; i < expected.Length; i++)
            Assert.InRange(MathF.Abs(actual[i] - expected[i]), 0, 4e-7f * MathF.Max(1, MathF.Abs(expected[i])));
    }
}
