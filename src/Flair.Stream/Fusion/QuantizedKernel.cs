using Flair.OneDnn;

namespace Flair.Fusion;

/// <summary>
/// A kernel in signed bytes. The input's steps go into the kernel, the kernel gets a step an output channel, so that
/// Σ w · x ≈ step[o] · Σ q · b for bytes b of the input. Processors without VNNI add the products of two neighbouring input channels in 16 bits
/// (<see cref="Operation.LargestPair"/>); kernels keep to that on all of them, so that their sums are the same everywhere.
/// </summary>
/// <param name="Values">[out][in][row][column].</param>
/// <param name="Bias">One an output channel, in steps of the kernel.</param>
/// <param name="Scale">One an output channel: from steps of the kernel to those of the output.</param>
internal sealed record QuantizedKernel(sbyte[] Values, float[] Bias, float[] Scale)
{
    /// <summary>Largest absolute value: −128 would make the range uneven.</summary>
    public const int Largest = 127;

    // A little less, as two numbers whose sum is just above the limit may both be rounded up.
    private static readonly float s_largestPair = Operation.LargestPair - 0.01f;

    /// <summary>Quantizes.</summary>
    /// <param name="kernel">[out][in][row][column].</param>
    /// <param name="bias">One an output channel.</param>
    /// <param name="inputSteps">One an input channel.</param>
    /// <param name="outputSteps">One an output channel; null: the output is in floating point.</param>
    public static QuantizedKernel Create(float[] kernel, float[] bias, float[] inputSteps, float[]? outputSteps)
    {
        var outputs = bias.Length;
        var inputs = inputSteps.Length;
        var taps = kernel.Length / outputs / inputs;
        var result = new QuantizedKernel(new sbyte[kernel.Length], new float[outputs], new float[outputs]);
        var scaled = new float[inputs * taps];
        for (var o = 0; o < outputs; o++)
        {
            var row = kernel.AsSpan(o * scaled.Length, scaled.Length);
            var (largest, pair) = (0f, 0f);
            for (var i = 0; i < inputs; i++)
            {
                for (var t = i * taps; t < (i + 1) * taps; t++)
                {
                    scaled[t] = row[t] * inputSteps[i];
                    largest = Math.Max(largest, Math.Abs(scaled[t]));
                    // Of opposite signs a sum is less than the larger one.
                    if (i % 2 == 1)
                        pair = Math.Max(pair, Math.Abs(scaled[t] + scaled[t - taps]));
                }
            }

            var step = largest > 0 ? Math.Max(largest / Largest, pair / s_largestPair) : 1;
            var values = result.Values.AsSpan(o * scaled.Length, scaled.Length);
            for (var i = 0; i < scaled.Length; i++)
                values[i] = (sbyte)MathF.Round(scaled[i] / step);
            result.Bias[o] = bias[o] / step;
            result.Scale[o] = outputSteps is null ? step : step / outputSteps[o];
        }

        return result;
    }
}
