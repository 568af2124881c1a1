namespace Flair.OneDnn.Tests;

/// <summary>The definition of <see cref="Operation.Convolution(in ConvolutionShape, ReadOnlySpan{float}, ReadOnlySpan{float})"/> as a loop in double precision.</summary>
internal static class NaiveConvolution
{
    /// <summary>The output before it is rounded to its type, [row][column][channel], and the sum of the absolute values that it is the sum of.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="input">[row][column][channel].</param>
    /// <param name="kernel">[out][in][row][column].</param>
    /// <param name="bias">One an output channel.</param>
    /// <param name="scale">One an output channel.</param>
    /// <param name="before">What the output map holds before; used where there is a sum.</param>
    /// <param name="added">The map that is added, where one is.</param>
    public static (double[] Values, double[] Magnitudes) Compute(
        in ConvolutionShape shape, double[] input, double[] kernel, double[] bias, double[] scale, double[] before, double[]? added = null)
    {
        var values = new double[shape.OutRows * shape.OutColumns * shape.OutChannels];
        var magnitudes = new double[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var channel = i % shape.OutChannels;
            var column = i / shape.OutChannels % shape.OutColumns;
            var row = i / shape.OutChannels / shape.OutColumns;
            var (sum, magnitude) = (bias[channel], Math.Abs(bias[channel]));
            for (var y = 0; y < shape.Kernel; y++)
            {
                if (!TryFindInput(shape, row, y, shape.Top, out var inRow))
                    continue;
                for (var x = 0; x < shape.Kernel; x++)
                {
                    if (!TryFindInput(shape, column, x, shape.Left, out var inColumn) || inRow < 0 || inRow >= shape.InRows || inColumn < 0 || inColumn >= shape.InColumns)
                        continue;
                    for (var c = 0; c < shape.InChannels; c++)
                    {
                        var product = input[(((inRow * shape.InColumns) + inColumn) * shape.InChannels) + c]
                            * kernel[(((((channel * shape.InChannels) + c) * shape.Kernel) + y) * shape.Kernel) + x];
                        sum += product;
                        magnitude += Math.Abs(product);
                    }
                }
            }

            (sum, magnitude) = (sum * scale[channel], magnitude * scale[channel]);
            if (shape.SumType != MapType.None)
            {
                sum += shape.SumScale * before[i];
                magnitude += Math.Abs(shape.SumScale * before[i]);
            }

            if (shape.AddedType != MapType.None)
            {
                sum += added![i];
                magnitude += Math.Abs(added[i]);
            }

            values[i] = shape.Relu ? Math.Max(0, sum) : sum;
            magnitudes[i] = magnitude;
        }

        return (values, magnitudes);
    }

    /// <summary>The input pixel, along one axis, that a tap takes to an output pixel; it may lie outside the map.</summary>
    private static bool TryFindInput(in ConvolutionShape shape, int output, int tap, int padding, out int input)
    {
        var (pixel, rest) = Math.DivRem(output + padding - tap, shape.Stride);
        input = shape.Transposed ? pixel : (output * shape.Stride) - padding + (tap * shape.Dilation);
        return !shape.Transposed || rest == 0;
    }
}
