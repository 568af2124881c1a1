using System.Runtime.InteropServices;
using Flair.Batching;
using Flair.Gdal;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tests.Batching;

public sealed class NormalizerTests
{
    [Fact]
    public void Custom_subtracts_and_divides_in_double_precision()
    {
        var settings = new NormalizationSettings { Means = [105.08, 53.26], Stds = [52.17, 79.3] };
        byte[] raw = [0, 17, 255, 3, 200, 106];
        var output = new float[raw.Length];
        new Normalizer(settings, 2, SampleType.UInt8, 255).Normalize(raw, output);
        for (var i = 0; i < raw.Length; i++)
            Assert.Equal((float)((raw[i] - settings.Means[i / 3]) / settings.Stds[i / 3]), output[i]);
    }

    [Theory]
    [InlineData(GdalType.Byte, 255)]
    [InlineData(GdalType.UInt16, 65535)]
    public void Scaling_divides_by_the_range_of_the_type(GdalType type, double maximum)
    {
        var normalizer = new Normalizer(new NormalizationSettings { Type = NormalizationType.Scaling }, 1, SampleType.Float32, Normalizer.MaximumOf(type));
        float[] raw = [0, 51, (float)maximum], output = new float[3];
        normalizer.Normalize(MemoryMarshal.AsBytes<float>(raw), output);
        Assert.Equal([0, (float)(51 / maximum), 1], output);
    }

    [Fact]
    public void Without_leaves_values_as_they_are()
    {
        byte[] raw = [0, 7, 255, 9];
        var output = new float[4];
        new Normalizer(new NormalizationSettings { Type = NormalizationType.Without }, 4, SampleType.UInt8, 255).Normalize(raw, output);
        Assert.Equal([0f, 7f, 255f, 9f], output);
    }
}
