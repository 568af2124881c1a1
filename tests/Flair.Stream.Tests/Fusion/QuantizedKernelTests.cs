using Flair.Checkpoints;
using Flair.Fusion;
using Flair.OneDnn;

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
            Assert.True(row.Max(value => Math.Abs((int)value)) == 127 || LargestPair(row) is 127 or 128);
            Assert.Equal(bias[o], quantized.Bias[o] * step, 1e-6);
            for (var i = 0; i < row.Length; i++)
                Assert.InRange((row[i] * step) - (kernel[(o * row.Length) + i] * s_inputSteps[i / Taps]), -0.501 * step, 0.501 * step);
        }
    }

    [Theory]
    [InlineData(0.7f, 0.7f, 64)]
    [InlineData(-0.7f, -0.7f, 64)]
    [InlineData(0.7f, -0.7f, 127)]
    [InlineData(0.7f, 0, 127)]
    public void Neighbouring_channels_of_one_sign_share_the_range(float even, float odd, int expected)
    {
        var quantized = QuantizedKernel.Create([even, odd, 0.1f], [0], [1, 1, 1], outputSteps: null);

        Assert.Equal(expected, Math.Abs((int)quantized.Values[0]));
    }

    [Fact]
    public void No_pair_is_larger_than_16_bits_hold()
    {
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var kernel = new float[Inputs * Taps];
            foreach (ref var value in kernel.AsSpan())
                value = random.NextSingle() - (i % 3 * 0.5f);

            var quantized = QuantizedKernel.Create(kernel, [0], [1, 1, 1, 1], outputSteps: null);

            Assert.InRange(LargestPair(quantized.Values), 1, Operation.LargestPair);
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

    /// <summary>The largest sum of neighbouring channels of one output channel.</summary>
    private static int LargestPair(sbyte[] row)
    {
        var largest = 0;
        for (var i = 0; i < Inputs; i += 2)
        {
            for (var t = i * Taps; t < (i + 1) * Taps; t++)
                largest = Math.Max(largest, Math.Abs(row[t] + row[t + Taps]));
        }

        return largest;
    }
}
