namespace Flair.Torch;

/// <summary><see cref="Stitching"/> in libtorch's operators, for tensors that are not in host memory.</summary>
internal static class StitchingByOperators
{
    public static void BlendAccumulate(Tensor logits, long index, Tensor weights, Tensor sums, PixelRect part, long row, long column)
    {
        using var window = logits.Select(0, index);
        using var from = Part(window, 1, part);
        using var probabilities = from.Softmax(0);
        using var weight = Part(weights, 0, part);
        using var to = Part(sums, 1, part with { Row = row, Column = column });
        to.AddProduct_(probabilities, weight);
    }

    public static FinishedBand Finish(Tensor sums, Tensor? totals, ReadOnlySpan<bool> active, byte nodata, bool probabilities)
    {
        if (!active.Contains(true))
            throw new TorchException("libtorch: finish: no class is active");
        using var total = totals is null ? sums.Sum([0]) : totals.Contiguous();
        using var empty = total.EqualTo(0);
        using var scale = Creation.Full([1], 255, TorchScalarType.Float32, sums.Device);
        using var perUnit = scale.Div(total);
        perUnit.MaskedFill_(empty, 0);

        using var flags = Tensor.From(active, active.Length, 1, 1);
        using var flagsThere = flags.To(sums.Device);
        using var inactive = flagsThere.EqualTo(0);
        using var candidates = sums.Clone();
        candidates.MaskedFill_(inactive, -1);
        var (largest, best) = candidates.Max(0);
        using (largest)
        using (best)
        {
            best.MaskedFill_(empty, nodata);
            return new FinishedBand(best.To(TorchScalarType.UInt8), InBytes(largest, perUnit), probabilities ? InBytes(sums, perUnit) : null);
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
