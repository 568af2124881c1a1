namespace Flair.Stitching;

/// <summary>
/// The weight of each pixel of a window in the average over overlapping windows: a raised cosine over the 2 × margin pixels that two
/// neighbours share, flat between, and divided by what all windows of the lattice add up to, so that the weights at a pixel sum to one.
/// </summary>
public static class BlendWeights
{
    /// <summary>The weights along one axis; the weight of a pixel is the product of those of its row and its column.</summary>
    /// <param name="size">Pixels of a window along the axis.</param>
    /// <param name="margin">Pixels on each side; 2 × margin &lt; size.</param>
    /// <returns><paramref name="size"/> positive numbers w with, for every i, Σₖ w[i + k × (size − 2 × margin)] = 1.</returns>
    public static double[] Axis(int size, int margin)
    {
        var ramp = 2 * margin;
        var weights = new double[size];
        for (var i = 0; i < size; i++)
        {
            var inside = Math.Min(i, size - 1 - i);
            weights[i] = inside < ramp ? 0.5 - (0.5 * Math.Cos(Math.PI * (inside + 0.5) / ramp)) : 1;
        }

        // Where more than two windows overlap (margin > size / 4) the ramps alone do not sum to one.
        var stride = size - ramp;
        var sums = new double[stride];
        for (var i = 0; i < size; i++)
            sums[i % stride] += weights[i];
        for (var i = 0; i < size; i++)
            weights[i] /= sums[i % stride];
        return weights;
    }

    /// <summary>The weights of a whole window, row by row.</summary>
    public static float[] Window(int size, int margin)
    {
        var axis = Axis(size, margin);
        var weights = new float[size * size];
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < size; column++)
                weights[(row * size) + column] = (float)(axis[row] * axis[column]);
        }

        return weights;
    }

    /// <summary>Weights of one everywhere, for windows whose cores share no pixel.</summary>
    public static float[] Flat(int size)
    {
        var weights = new float[size * size];
        Array.Fill(weights, 1);
        return weights;
    }
}
