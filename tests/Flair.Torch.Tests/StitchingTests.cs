namespace Flair.Torch.Tests;

public sealed class StitchingTests
{
    private const int Classes = 19;
    private const int Size = 96;

    private static readonly PixelRect s_part = new(3, 5, 90, 77);

    [Theory]
    [InlineData(MemoryFormat.Contiguous, false, Classes)]
    [InlineData(MemoryFormat.ChannelsLast, false, Classes)]
    [InlineData(MemoryFormat.Contiguous, true, Classes)]
    [InlineData(MemoryFormat.ChannelsLast, true, Classes)]
    [InlineData(MemoryFormat.ChannelsLast, true, 40)]
    [InlineData(MemoryFormat.Contiguous, false, 40)]
    [InlineData(MemoryFormat.ChannelsLast, true, 24)]
    [InlineData(MemoryFormat.ChannelsLast, true, 16)]
    [InlineData(MemoryFormat.ChannelsLast, true, 13)]
    [InlineData(MemoryFormat.ChannelsLast, true, 8)]
    [InlineData(MemoryFormat.ChannelsLast, true, 5)]
    [InlineData(MemoryFormat.ChannelsLast, true, 3)]
    [InlineData(MemoryFormat.ChannelsLast, true, 1)]
    public void BlendingIsSoftmaxTimesWeight(MemoryFormat format, bool sumsByPixel, int classes)
    {
        using var rowMajor = Noise("logits", 12, 2, classes, Size, Size);
        using var logits = rowMajor.Contiguous(format);
        using var weights = Noise("weights", 1, Size, Size);
        using var planes = Noise("sums", 1, classes, 120, 110);
        using var expected = planes.Clone();
        using var sums = sumsByPixel ? ByPixel(planes) : planes.Clone();
        Stitching.BlendAccumulate(logits, 1, weights, sums, s_part, 20, 33);
        StitchingByOperators.BlendAccumulate(logits, 1, weights, expected, s_part, 20, 33);
        AssertNear(expected.ToArray<float>(), sums.ToArray<float>(), 1e-6f);
    }

    [Theory]
    [InlineData(MemoryFormat.Contiguous)]
    [InlineData(MemoryFormat.ChannelsLast)]
    public void OperatorsTakeSumsThatLiePixelByPixel(MemoryFormat format)
    {
        using var rowMajor = Noise("logits", 12, 2, Classes, Size, Size);
        using var logits = rowMajor.Contiguous(format);
        using var weights = Noise("weights", 1, Size, Size);
        using var expected = Creation.Zeros([Classes, 120, 110]);
        using var byPixel = Creation.Zeros([120, 110, Classes]);
        using var sums = byPixel.Permute(2, 0, 1);
        Stitching.BlendAccumulate(logits, 1, weights, expected, s_part, 20, 33);
        StitchingByOperators.BlendAccumulate(logits, 1, weights, sums, s_part, 20, 33);
        AssertNear(expected.ToArray<float>(), sums.ToArray<float>(), 1e-6f);

        var active = Enumerable.Range(0, Classes).Select(c => c is not (3 or 18)).ToArray();
        using var band = Stitching.Finish(expected, null, active, 255, probabilities: true);
        using var bandOfPixels = StitchingByOperators.Finish(sums, null, active, 255, probabilities: true);
        Assert.Equal(band.Classes.ToArray<byte>(), bandOfPixels.Classes.ToArray<byte>());
        AssertNear(Floats(band.Probabilities!), Floats(bandOfPixels.Probabilities!), 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APixelsValueDoesNotDependOnHowItsRowIsCut(bool byPixel)
    {
        using var rowMajor = Noise("logits", 120, 1, Classes, Size, Size);
        using var logits = rowMajor.Contiguous(byPixel ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
        using var weights = Noise("weights", 1, Size, Size);
        using var zeros = Creation.Zeros([Classes, Size, Size]);
        using var whole = byPixel ? ByPixel(zeros) : zeros.Clone();
        using var parts = byPixel ? ByPixel(zeros) : zeros.Clone();
        Stitching.BlendAccumulate(logits, 0, weights, whole, new(0, 0, Size, Size), 0, 0);
        for (int column = 0, width = 1; column < Size; column += width, width = Math.Min(width + 2, Size - column))
            Stitching.BlendAccumulate(logits, 0, weights, parts, new(0, column, Size, width), 0, column);
        Assert.Equal(whole.ToArray<float>(), parts.ToArray<float>());
    }

    [Fact]
    public void BlendingDoesNotDependOnTheNumberOfThreads()
    {
        using var logits = Noise("logits", 12, 2, Classes, Size, Size);
        using var weights = Noise("weights", 1, Size, Size);
        using var one = Creation.Zeros([Classes, Size, Size]);
        using var two = Creation.Zeros([Classes, Size, Size]);
        var threads = LibTorch.Threads;
        LibTorch.Threads = 1;
        Stitching.BlendAccumulate(logits, 0, weights, one, s_part, 3, 5);
        LibTorch.Threads = 2;
        Stitching.BlendAccumulate(logits, 0, weights, two, s_part, 3, 5);
        LibTorch.Threads = threads;
        Assert.Equal(one.ToArray<float>(), two.ToArray<float>());
    }

    [Fact]
    public void LogitsFarApartGiveCertainty()
    {
        using var logits = Tensor.From<float>([1000, -1000, 3e38f, -3e38f], 1, 2, 1, 2);
        using var logitsByPixel = logits.Reshape(1, 2, 2, 1);
        using var weights = Creation.Full([2, 1], 1);
        using var sums = Creation.Zeros([2, 2, 1]);
        Stitching.BlendAccumulate(logitsByPixel, 0, weights, sums, new(0, 0, 2, 1), 0, 0);
        Assert.Equal([0, 1, 1, 0], sums.ToArray<float>());
    }

    [Theory]
    [InlineData(false, false, Classes)]
    [InlineData(true, false, Classes)]
    [InlineData(false, true, Classes)]
    [InlineData(true, true, Classes)]
    [InlineData(false, true, 256)]
    [InlineData(false, true, 40)]
    [InlineData(false, true, 24)]
    [InlineData(false, true, 13)]
    [InlineData(false, true, 8)]
    [InlineData(false, true, 5)]
    [InlineData(false, true, 2)]
    public void FinishingIsArgmaxAndShare(bool withTotals, bool byPixel, int classCount)
    {
        var active = Enumerable.Range(0, classCount).Select(c => c != 3 && c != classCount - 1).ToArray();
        using var planes = Noise("sums", 1, classCount, 40, 150);
        using var all = byPixel ? ByPixel(planes) : planes.Clone();
        using (var hole = all.Slice(2, 10, 30))
            hole.Zero_();
        using var sums = all.Narrow(1, 5, 20);
        using var totals = withTotals ? sums.Sum([0]) : null;
        using var band = Stitching.Finish(sums, totals, active, 255, probabilities: true);
        using var expected = StitchingByOperators.Finish(sums, totals, active, 255, probabilities: true);
        var classes = band.Classes.ToArray<byte>();
        Assert.Equal(expected.Classes.ToArray<byte>(), classes);
        Assert.DoesNotContain((byte)3, classes);
        Assert.Equal(20 * 20, classes.Count(code => code == 255));
        // A share within rounding of a whole number of 255ths may fall on either side.
        AssertNear(Floats(expected.Confidence), Floats(band.Confidence), 1);
        AssertNear(Floats(expected.Probabilities!), Floats(band.Probabilities!), 1);
        Assert.InRange(Floats(expected.Probabilities!).Zip(Floats(band.Probabilities!)).Count(pair => pair.First != pair.Second), 0, 5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FinishedRowsAreLeftEmptyWhereAskedFor(bool byPixel)
    {
        var active = Enumerable.Repeat(true, Classes).ToArray();
        using var planes = Noise("sums", 1, Classes, 12, 150);
        using var all = byPixel ? ByPixel(planes) : planes.Clone();
        using var sums = all.Narrow(1, 3, 7);
        using var expected = Stitching.Finish(sums, null, active, 255, probabilities: true);
        Assert.Equal(planes.ToArray<float>(), all.ToArray<float>());
        using var band = Stitching.Finish(sums, null, active, 255, probabilities: true, clear: true);
        Assert.Equal(expected.Classes.ToArray<byte>(), band.Classes.ToArray<byte>());
        Assert.Equal(expected.Probabilities!.ToArray<byte>(), band.Probabilities!.ToArray<byte>());
        using (var rows = planes.Narrow(1, 3, 7))
            rows.Zero_();
        Assert.Equal(planes.ToArray<float>(), all.ToArray<float>());
    }

    [Fact]
    public void SharesAreRoundedDownAndTheFirstOfEqualsIsTaken()
    {
        using var sums = Tensor.From<float>([1, 0.5f, 0, 1, 0.25f, 0, 1, 0.25f, 0], 3, 1, 3);
        using var band = Stitching.Finish(sums, null, [false, true, true], 255, probabilities: true);
        Assert.Equal([1, 1, 255], band.Classes.ToArray<byte>());
        Assert.Equal([85, 63, 0], band.Confidence.ToArray<byte>());
        Assert.Equal([85, 127, 0, 85, 63, 0, 85, 63, 0], band.Probabilities!.ToArray<byte>());
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using var logits = Creation.Zeros([1, 3, 8, 8]);
        using var weights = Creation.Full([8, 8], 1);
        using var sums = Creation.Zeros([3, 8, 8]);
        using var twoClasses = Creation.Zeros([2, 8, 8]);
        Assert.Throws<TorchException>(() => Stitching.BlendAccumulate(logits, 1, weights, sums, new(0, 0, 8, 8), 0, 0));
        Assert.Throws<TorchException>(() => Stitching.BlendAccumulate(logits, 0, weights, sums, new(0, 0, 8, 8), 1, 0));
        Assert.Throws<TorchException>(() => Stitching.BlendAccumulate(logits, 0, weights, sums, new(4, 0, 8, 8), 0, 0));
        Assert.Throws<TorchException>(() => Stitching.BlendAccumulate(logits, 0, weights, twoClasses, new(0, 0, 8, 8), 0, 0));
        using var rowsLast = sums.Permute(0, 2, 1);
        Assert.Throws<TorchException>(() => Stitching.BlendAccumulate(logits, 0, weights, rowsLast, new(0, 0, 8, 8), 0, 0));
        Assert.Throws<TorchException>(() => Stitching.Finish(rowsLast, null, [true, true, true], 255, probabilities: false));
        Assert.Throws<TorchException>(() => Stitching.Finish(sums, null, [false, false, false], 255, probabilities: false));
        Assert.Throws<TorchException>(() => Stitching.Finish(sums, null, [true], 255, probabilities: false));
        Assert.Throws<TorchException>(() => StitchingByOperators.Finish(sums, null, [true], 255, probabilities: false));
    }

    // Reproducible numbers in [0, scale), other ones for another name.
    private static Tensor Noise(string name, double scale, params long[] shape)
    {
        var random = new Random(name.Sum(letter => letter));
        var values = new float[shape.Aggregate(1L, (product, side) => product * side)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(random.NextDouble() * scale);
        return Tensor.From<float>(values, shape);
    }

    // The same numbers, laid out pixel by pixel.
    private static Tensor ByPixel(Tensor planes)
    {
        using var permuted = planes.Permute(1, 2, 0);
        using var dense = permuted.Contiguous();
        return dense.Permute(2, 0, 1);
    }

    private static float[] Floats(Tensor bytes) => [.. bytes.ToArray<byte>().Select(value => (float)value)];

    private static void AssertNear(float[] expected, float[] actual, float tolerance) =>
        Assert.InRange(expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max(), 0, tolerance);
}
