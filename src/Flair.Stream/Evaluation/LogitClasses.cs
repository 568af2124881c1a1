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
            throw new FlairException($"the network gives [{string.Join(", ", logits.Shape)}] where {classes} classes of {rows} × {columns} pixels are wanted; its weights and the classes do not fit");
        using var best = logits.ArgMax(1);
        using var bytes = best.To("cpu", TorchScalarType.UInt8);
        using var dense = bytes.Contiguous();
        return dense.ToArray<byte>();
    }
}
