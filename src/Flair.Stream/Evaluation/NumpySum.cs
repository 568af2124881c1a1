namespace Flair.Evaluation;

/// <summary>
/// Sums in the order in which NumPy adds, since the order decides the last digit. NumPy adds pairwise: eight partial sums over blocks of up
/// to 128 values, and blocks halved recursively (numpy/core/src/umath/loops_utils.h.src, <c>pairwise_sum</c>).
/// </summary>
internal static class NumpySum
{
    private const int Block = 128;
    private const int Lanes = 8;

    /// <summary>What <c>numpy.mean</c> gives for a contiguous float64 array.</summary>
    /// <returns>NaN for no values.</returns>
    public static double Mean(ReadOnlySpan<double> values) => Pairwise(values) / values.Length;

    private static double Pairwise(ReadOnlySpan<double> values)
    {
        if (values.Length < Lanes)
        {
            var sum = 0.0;
            foreach (var value in values)
                sum += value;
            return sum;
        }

        if (values.Length > Block)
        {
            var half = values.Length / 2;
            half -= half % Lanes;
            return Pairwise(values[..half]) + Pairwise(values[half..]);
        }

        Span<double> lanes = stackalloc double[Lanes];
        values[..Lanes].CopyTo(lanes);
        var i = Lanes;
        for (; i < values.Length - (values.Length % Lanes); i += Lanes)
        {
            for (var lane = 0; lane < Lanes; lane++)
                lanes[lane] += values[i + lane];
        }

        var total = (lanes[0] + lanes[1] + (lanes[2] + lanes[3])) + (lanes[4] + lanes[5] + (lanes[6] + lanes[7]));
        for (; i < values.Length; i++)
            total += values[i];
        return total;
    }
}
