using Flair.Checkpoints;
using Flair.Fusion;

namespace Flair.Tests.Fusion;

public sealed class FoldedWeightsTests
{
    [Fact]
    public void The_folded_kernel_does_with_raw_values_what_the_kernel_does_with_normalized_ones()
    {
        const int Outputs = 4, Inputs = 3, Taps = 9;
        var kernel = FormulaWeights.Parameter("a.weight", [Outputs, Inputs, 3, 3]);
        var bias = FormulaWeights.Parameter("a.bias", [Outputs]);
        var scaling = new InputScaling([0.5f, 1 / 44f, 3], [-0.25f, 0.01f, 0]);
        var (original, originalBias) = (kernel.ToArray(), bias.ToArray());

        var (folded, shifted) = new FoldedWeights(kernel, bias).Scale(scaling);

        var raw = Enumerable.Range(0, Inputs * Taps).Select(i => (i * 29 % 101) - 50.0).ToArray();
        for (var o = 0; o < Outputs; o++)
        {
            double expected = bias[o], actual = shifted[o];
            for (var i = 0; i < raw.Length; i++)
            {
                expected += kernel[(o * raw.Length) + i] * ((scaling.Scale[i / Taps] * raw[i]) + scaling.Shift[i / Taps]);
                actual += folded[(o * raw.Length) + i] * raw[i];
            }

            Assert.Equal(expected, actual, 1e-4);
        }

        Assert.Equal(original, kernel);
        Assert.Equal(originalBias, bias);
    }
}
