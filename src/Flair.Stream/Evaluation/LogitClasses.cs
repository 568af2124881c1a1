using Flair.Inference;
using Flair.Torch;

namespace Flair.Evaluation;

/// <summary>The likeliest class of each pixel.</summary>
internal static class LogitClasses
{
    /// <summary>Takes them from logits.</summary>
    /// <param name="logits">[n, classes, rows, columns], on any device.</param>
    /// <param name="classes">How many classes there must be, 255 at most.</param>
    /// <param name="rows">How many rows there must be.</param>
    /// <param name="columns">How many columns there must be.</param>
    /// <returns>[n][row][column].</returns>
    /// <exception cref="FlairException">The logits have another shape.</exception>
    public static byte[] Of(Tensor logits, int classes, int rows, int columns)
    {
        if (logits.Shape is not [_, var depth, var height, var width] || depth != classes || height != rows || width != columns)
            throw Misfit(logits.Shape, classes, rows, columns);
        using var best = logits.ArgMax(1);
        using var bytes = best.To("cpu", TorchScalarType.UInt8);
        using var dense = bytes.Contiguous();
        return dense.ToArray<byte>();
    }

    /// <summary>As <see cref="Of(Tensor, int, int, int)"/>, of logits in host memory.</summary>
    public static unsafe byte[] Of(WindowLogits logits, int classes, int rows, int columns)
    {
        var view = logits.View;
        if ((view.Classes, view.Rows, view.Columns) != (classes, rows, columns))
            throw Misfit([view.Count, view.Classes, view.Rows, view.Columns], classes, rows, columns);
        var result = new byte[checked((int)(view.Count * rows * columns))];
        for (var i = 0; i < view.Count; i++)
        {
            for (var y = 0; y < rows; y++)
            {
                var row = (float*)view.Pointer + (i * view.ImageStride) + (y * view.RowStride);
                for (var x = 0; x < columns; x++)
                    result[(((i * rows) + y) * columns) + x] = Likeliest(row + (x * view.ColumnStride), view.ClassStride, classes);
            }
        }

        return result;
    }

    /// <summary>The first of the largest; what is not a number counts as larger than all, as with libtorch.</summary>
    private static unsafe byte Likeliest(float* pixel, long stride, int classes)
    {
        var (best, largest) = (0, pixel[0]);
        for (var c = 1; c < classes && !float.IsNaN(largest); c++)
        {
            var value = pixel[c * stride];
            if (!(value <= largest))
                (best, largest) = (c, value);
        }

        return (byte)best;
    }

    private static FlairException Misfit(IReadOnlyList<long> shape, int classes, int rows, int columns) =>
        new($"the network gives [{string.Join(", ", shape)}] where {classes} classes of {rows} × {columns} pixels are wanted; its weights and the classes do not fit");
}
