using Flair.Kernels;
using Flair.Torch;

namespace Flair.Stitching;

/// <summary><see cref="StitchingKernels"/> in libtorch's operators, for tensors that are not in host memory.</summary>
internal static class StitchingOperators
{
    /// <summary>
    /// Adds a window's class probabilities, weighted, into sums:
    /// <c>sums[c, row + i, column + j] += weights[part.Row + i, part.Column + j] · softmax(logits[index, :, part.Row + i, part.Column + j])[c]</c>
    /// for 0 ≤ i &lt; part.Rows, 0 ≤ j &lt; part.Columns.
    /// </summary>
    /// <param name="logits">[n, classes, h, w] float32, in any memory format.</param>
    /// <param name="index">The window of the batch.</param>
    /// <param name="weights">[h, w] float32, on the same device.</param>
    /// <param name="sums">[classes, H, W] float32, on the same device; changed.</param>
    /// <param name="part">The part of the window that is added.</param>
    /// <param name="row">The row of <paramref name="sums"/> that takes the part's first.</param>
    /// <param name="column">The column of <paramref name="sums"/> that takes the part's first.</param>
    public static void BlendAccumulate(Tensor logits, long index, Tensor weights, Tensor sums, PixelRect part, long row, long column)
    {
        // Pixel by pixel, as channels-last logits lie: else softmax would begin by rearranging them.
        using var window = logits.Select(0, index);
        using var from = Part(window, 1, part);
        using var pixels = from.Permute(1, 2, 0);
        using var probabilities = pixels.Softmax(2);
        using var weight = Part(weights, 0, part);
        using var weightOfPixel = weight.Unsqueeze(2);
        using var to = Part(sums, 1, part with { Row = row, Column = column });
        using var toPixels = to.Permute(1, 2, 0);
        toPixels.AddProduct_(probabilities, weightOfPixel);
    }

    /// <summary>Classes of sums that <see cref="BlendAccumulate"/> made.</summary>
    /// <param name="sums">[classes, rows, W] float32; a view of some rows will do.</param>
    /// <param name="active">One flag a class; an inactive class is never chosen, its probability still counts. At least one is set.</param>
    /// <param name="nodata">The class code where all sums are 0.</param>
    /// <param name="probabilities">Whether every class's probability is wanted.</param>
    /// <param name="clear">Whether to leave <paramref name="sums"/> 0.</param>
    /// <returns>Tensors of the caller's, on the device of <paramref name="sums"/>.</returns>
    public static FinishedBand Finish(Tensor sums, ReadOnlySpan<bool> active, byte nodata, bool probabilities, bool clear = false)
    {
        if (sums.Shape is not [var classCount, ..] || classCount != active.Length || !active.Contains(true))
            throw new ArgumentException($"{active.Length} flags, {active.Count(true)} of them set, for sums {sums}", nameof(active));
        // Without a value from host memory, which every call would wait to be copied to the device.
        using var total = sums.Sum([0]);
        using var empty = total.EqualTo(0);
        using var scale = Creation.Full([1], 255, TorchScalarType.Float32, sums.Device);
        using var perUnit = scale.Div(total);
        perUnit.MaskedFill_(empty, 0);

        using var candidates = sums.Clone();
        for (var c = 0; c < active.Length; c++)
        {
            if (active[c])
                continue;
            using var inactive = candidates.Select(0, c);
            inactive.Fill_(-1);
        }

        var (largest, best) = candidates.Max(0);
        using (largest)
        using (best)
        {
            best.MaskedFill_(empty, nodata);
            var band = new FinishedBand(best.To(TorchScalarType.UInt8), InBytes(largest, perUnit), probabilities ? InBytes(sums, perUnit) : null);
            if (clear)
                sums.Zero_();
            return band;
        }
    }

    private static Tensor InBytes(Tensor sums, Tensor perUnit)
    {
        using var scaled = sums.Mul(perUnit);
        using var bounded = scaled.Clamp(0, 255);
        return bounded.To(TorchScalarType.UInt8);
    }

    private static Tensor Part(Tensor image, int rowDimension, PixelRect part)
    {
        using var rows = image.Narrow(rowDimension, part.Row, part.Rows);
        return rows.Narrow(rowDimension + 1, part.Column, part.Columns);
    }
}

/// <summary>Rows of a finished map, on their device.</summary>
/// <param name="Classes">[rows, W] uint8: the index of the likeliest active class, of equals the first.</param>
/// <param name="Confidence">[rows, W] uint8: ⌊255 p⌋ of that class; 0 where there is no data.</param>
/// <param name="Probabilities">[classes, rows, W] uint8: ⌊255 p⌋ of every class; 0 where there is no data. Null where not asked for.</param>
internal sealed record FinishedBand(Tensor Classes, Tensor Confidence, Tensor? Probabilities) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Classes.Dispose();
        Confidence.Dispose();
        Probabilities?.Dispose();
    }
}
