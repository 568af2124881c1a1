using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Models.Graphs;

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

    [Fact]
    public void A_transposed_convolutions_kernel_is_turned_and_its_normalization_folded_in()
    {
        const int Inputs = 3, Outputs = 2, Taps = 16;
        var weights = FormulaWeights.Create(
            [("a.weight", [Inputs, Outputs, 4, 4]), ("a.bias", [Outputs]), .. new[] { "weight", "bias", "running_mean", "running_var" }.Select(name => ($"b.{name}", (IReadOnlyList<long>)[Outputs]))]);
        float[] kernel = Values("a.weight"), bias = Values("a.bias"), weight = Values("b.weight"), shift = Values("b.bias"), mean = Values("b.running_mean"), variance = Values("b.running_var");

        var (folded, constants) = FoldedWeights.Read(weights, new TransposedConvolutionNode(new InputNode(Inputs), "a", Outputs, "b"));

        for (var o = 0; o < Outputs; o++)
        {
            var scale = weight[o] / Math.Sqrt(variance[o] + 1e-5);
            Assert.Equal(shift[o] + (scale * (bias[o] - mean[o])), constants[o], 1e-6);
            for (var i = 0; i < Inputs * Taps; i++)
                Assert.Equal(scale * kernel[(((i / Taps * Outputs) + o) * Taps) + (i % Taps)], folded[(o * Inputs * Taps) + i], 1e-6);
        }

        float[] Values(string name) => TensorValues.Singles(weights[name]);
    }
}
