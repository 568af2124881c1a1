namespace Flair.Fusion;

/// <summary>
/// A 3 × 3 kernel over a map at twice its resolution (nearest neighbour) and other maps beside it, taken apart. Of the doubled rows 2i and 2i + 1 the
/// one above sees input rows i − 1, i, i and the one below i, i, i + 1: taps that see the same pixel can be added up beforehand. What is left is
/// the transposed convolution of the map as it is with a 4 × 4 kernel, stride 2 and padding 1.
/// </summary>
internal static class UpsampledKernel
{
    /// <summary>The transposed kernel's side.</summary>
    public const int Side = 4;

    private const int Taps = 9;

    // By tap of the transposed kernel, along one axis: the first tap that is in it, and the one after the last.
    private static readonly (int From, int To)[] s_sums = [(2, 3), (1, 3), (0, 2), (0, 1)];

    /// <summary>The transposed kernel over the first channels, [out][in][4][4].</summary>
    /// <param name="kernel">[out][in][3][3].</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="below">How many of them, the first, are the coarser map's.</param>
    public static float[] Create(float[] kernel, int outputs, int inputs, int below)
    {
        var result = new float[outputs * below * Side * Side];
        var at = 0;
        for (var o = 0; o < outputs; o++)
        {
            for (var i = 0; i < below; i++)
            {
                var taps = kernel.AsSpan(((o * inputs) + i) * Taps, Taps);
                foreach (var rows in s_sums)
                {
                    foreach (var columns in s_sums)
                    {
                        double sum = 0;
                        for (var y = rows.From; y < rows.To; y++)
                        {
                            for (var x = columns.From; x < columns.To; x++)
                                sum += taps[(y * 3) + x];
                        }

                        result[at++] = (float)sum;
                    }
                }
            }
        }

        return result;
    }

    /// <summary>The kernel over the other channels, [out][in][3][3].</summary>
    /// <param name="kernel">[out][in][3][3].</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="below">How many of them, the first, are the coarser map's.</param>
    public static float[] Beside(float[] kernel, int outputs, int inputs, int below)
    {
        var result = new float[outputs * (inputs - below) * Taps];
        for (var o = 0; o < outputs; o++)
            kernel.AsSpan(((o * inputs) + below) * Taps, (inputs - below) * Taps).CopyTo(result.AsSpan(o * (inputs - below) * Taps));
        return result;
    }
}
