namespace Flair.Fusion;

/// <summary>Puts a scaling of the input into the first convolution.</summary>
internal static class FoldedKernel
{
    /// <summary>The kernel and bias that do with scaled values what the given ones do with normalized ones, but for the zeros around the window, which become −shift / scale.</summary>
    /// <param name="kernel">[out][in][row][column].</param>
    /// <param name="bias">One an output channel.</param>
    /// <param name="scaling">By input channel.</param>
    public static (float[] Kernel, float[] Bias) Scale(float[] kernel, float[] bias, InputScaling scaling)
    {
        var inputs = scaling.Scale.Length;
        var taps = kernel.Length / bias.Length / inputs;
        var (scaled, shifted) = (new float[kernel.Length], new float[bias.Length]);
        for (var o = 0; o < bias.Length; o++)
        {
            double sum = bias[o];
            for (var i = 0; i < inputs; i++)
            {
                for (var t = 0; t < taps; t++)
                {
                    var at = (((o * inputs) + i) * taps) + t;
                    scaled[at] = kernel[at] * scaling.Scale[i];
                    sum += (double)kernel[at] * scaling.Shift[i];
                }
            }

            shifted[o] = (float)sum;
        }

        return (scaled, shifted);
    }
}
