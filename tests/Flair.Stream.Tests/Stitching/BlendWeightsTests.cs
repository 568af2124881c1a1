using Flair.Stitching;

namespace Flair.Tests.Stitching;

public sealed class BlendWeightsTests
{
    [Theory]
    [InlineData(512, 128)]
    [InlineData(512, 64)]
    [InlineData(512, 1)]
    [InlineData(512, 0)]
    [InlineData(512, 200)]
    [InlineData(96, 40)]
    public void Weights_of_overlapping_windows_sum_to_one_and_none_is_lost(int size, int margin)
    {
        var axis = BlendWeights.Axis(size, margin);
        var stride = size - (2 * margin);
        Assert.All(axis, weight => Assert.InRange(weight, double.Epsilon, 1 + 1e-12));
        for (var i = 0; i < stride; i++)
        {
            double sum = 0;
            for (var k = i; k < size; k += stride)
                sum += axis[k];
            Assert.Equal(1, sum, 1e-12);
        }
    }

    [Fact]
    public void A_ramp_is_a_raised_cosine()
    {
        var axis = BlendWeights.Axis(512, 64);
        Assert.Equal(0.5 - (0.5 * Math.Cos(Math.PI * 32.5 / 128)), axis[32], 1e-12);
        Assert.Equal(1, axis[256], 1e-12);
        Assert.Equal(axis[3], axis[508], 1e-12);
    }
}
