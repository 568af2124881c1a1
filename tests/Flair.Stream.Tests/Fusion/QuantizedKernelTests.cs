using Flair.Checkpoints;
using Flair.Fusion;

namespace Flair.Tests.Fusion;

public sealed class QuantizedKernelTests
{
    private const int Outputs = 6;
    private const int Inputs = 4;
    private const int Taps = 9;

    private static readonly float[] s_inputSteps = [0.01f, 0.5f, 0.125f, 2];
    private static readonly float[] s_outputSteps = [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f];

    [Fact]
    public void Each_output_channel_uses_the_whole_range_and_errs_by_half_a_step()
    {
        var kernel = FormulaWeights.Parameter("a.weight", [Outputs, Inputs, 3, 3]);
        var bias = FormulaWeights.Parameter("a.bias", [Outputs]);

        var quantized = QuantizedKernel.Create(kernel, bias, s_inputSteps, outputSteps: null);

        for (var o = 0; o < Outputs; o++)
        {
            // Without steps of the output, the scale is the kernel's own step.
            var step = quantized.Scale[o];
            var row = quantized.Values.AsSpan(o * Inputs * Taps, Inputs * Taps).ToArray();
            Assert.Equal(127, row.Max(value => Math.Abs((int)value)));
            Assert.Equal(bias[o], quantized.Bias[o] * step, 1e-6);
            for (var i = 0; i < row.Length; i++)
                Assert.InRange((row[i] * step) - (kernel[(o * row.Length) + i] * s_inputSteps[i / Taps]), -0.501 * step, 0.501 * step);
        }
    }

    [Fact]
    public void Steps_of_the_output_go_into_the_scale()
    {
        var kernel = FormulaWeights.Parameter("a.weight", [Outputs, Inputs, 3, 3]);
        var bias = FormulaWeights.Parameter("a.bias", [Outputs]);

        var wide = QuantizedKernel.Create(kernel, bias, s_inputSteps, outputSteps: null);
        var bytes = QuantizedKernel.Create(kernel, bias, s_inputSteps, s_outputSteps);

        Assert.Equal(wide.Values, bytes.Values);
        Assert.Equal(wide.Bias, bytes.Bias);
        Assert.Equal(wide.Scale.Zip(s_outputSteps, (scale, step) => scale / step), bytes.Scale);
    }

    [Fact]
    public void A_kernel_of_zeros_stays_one()
    {
        var quantized = QuantizedKernel.Create(new float[Inputs * Taps], [3], s_inputSteps, [0.5f]);

        Assert.All(quantized.Values, value => Assert.Equal(0, value));
        Assert.Equal((3f, 2f), (quantized.Bias[0], quantized.Scale[0]));
    }
}
