namespace Flair.Torch;

/// <summary><see cref="Stitching"/> in libtorch's operators, for tensors that are not in host memory.</summary>
internal static class StitchingByOperators
{
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

    // Without a value from host memory, which every call would wait to be copied to the device.
    public static FinishedBand Finish(Tensor sums, Tensor? totals, ReadOnlySpan<bool> active, byte nodata, bool probabilities, bool clear = false)
    {
        if (!active.Contains(true))
            throw new TorchException("libtorch: finish: no class is active");
        if (sums.Shape is not [var classCount, ..] || classCount != active.Length)
            throw new TorchException($"libtorch: finish: {active.Length} flags for sums {sums}");
        using var total = totals is null ? sums.Sum([0]) : totals.Contiguous();
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
