using Flair.Inference;
using Flair.Kernels;
using Flair.Stitching;
using Flair.Torch;

namespace Flair.Tests.Stitching;

/// <summary>The kernels on the CPU against libtorch's operators.</summary>
public sealed class StitchingKernelsTests
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
        Blend(logits, 1, weights, sums, s_part, 20, 33);
        StitchingOperators.BlendAccumulate(logits, 1, weights, expected, s_part, 20, 33);
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
        Blend(logits, 1, weights, expected, s_part, 20, 33);
        StitchingOperators.BlendAccumulate(logits, 1, weights, sums, s_part, 20, 33);
        AssertNear(expected.ToArray<float>(), sums.ToArray<float>(), 1e-6f);

        var active = Enumerable.Range(0, Classes).Select(c => c is not (3 or 18)).ToArray();
        var band = Finish(expected, active);
        using var bandOfPixels = StitchingOperators.Finish(sums, active, 255, probabilities: true);
        Assert.Equal(band.Classes, bandOfPixels.Classes.ToArray<byte>());
        AssertNear(Floats(band.Probabilities), Floats(bandOfPixels.Probabilities!.ToArray<byte>()), 1);
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
        Blend(logits, 0, weights, whole, new(0, 0, Size, Size), 0, 0);
        for (int column = 0, width = 1; column < Size; column += width, width = Math.Min(width + 2, Size - column))
            Blend(logits, 0, weights, parts, new(0, column, Size, width), 0, column);
        Assert.Equal(whole.ToArray<float>(), parts.ToArray<float>());
    }

    [Fact]
    public void BlendingDoesNotDependOnTheNumberOfThreads()
    {
        using var logits = Noise("logits", 12, 2, Classes, Size, Size);
        using var weights = Noise("weights", 1, Size, Size);
        using var one = Creation.Zeros([Classes, Size, Size]);
        using var two = Creation.Zeros([Classes, Size, Size]);
        Blend(logits, 0, weights, one, s_part, 3, 5, threads: 1);
        Blend(logits, 0, weights, two, s_part, 3, 5, threads: 2);
        Assert.Equal(one.ToArray<float>(), two.ToArray<float>());
    }

    [Fact]
    public void LogitsFarApartGiveCertainty()
    {
        using var logits = Tensor.From<float>([1000, -1000, 3e38f, -3e38f], 1, 2, 1, 2);
        using var logitsByPixel = logits.Reshape(1, 2, 2, 1);
        using var weights = Creation.Full([2, 1], 1);
        using var sums = Creation.Zeros([2, 2, 1]);
        Blend(logitsByPixel, 0, weights, sums, new(0, 0, 2, 1), 0, 0);
        Assert.Equal([0, 1, 1, 0], sums.ToArray<float>());
    }

    [Theory]
    [InlineData(false, Classes)]
    [InlineData(true, Classes)]
    [InlineData(true, 256)]
    [InlineData(true, 40)]
    [InlineData(true, 24)]
    [InlineData(true, 13)]
    [InlineData(true, 8)]
    [InlineData(true, 5)]
    [InlineData(true, 2)]
    public void FinishingIsArgmaxAndShare(bool byPixel, int classCount)
    {
        var active = Enumerable.Range(0, classCount).Select(c => c != 3 && c != classCount - 1).ToArray();
        using var planes = Noise("sums", 1, classCount, 40, 150);
        using var all = byPixel ? ByPixel(planes) : planes.Clone();
        using (var hole = all.Slice(2, 10, 30))
            hole.Zero_();
        using var sums = all.Narrow(1, 5, 20);
        var band = Finish(sums, active);
        using var expected = StitchingOperators.Finish(sums, active, 255, probabilities: true);
        var classes = band.Classes;
        Assert.Equal(expected.Classes.ToArray<byte>(), classes);
        Assert.DoesNotContain((byte)3, classes);
        Assert.Equal(20 * 20, classes.Count(code => code == 255));
        // A share within rounding of a whole number of 255ths may fall on either side.
        AssertNear(Floats(expected.Confidence.ToArray<byte>()), Floats(band.Confidence), 1);
        AssertNear(Floats(expected.Probabilities!.ToArray<byte>()), Floats(band.Probabilities), 1);
        Assert.InRange(expected.Probabilities!.ToArray<byte>().Zip(band.Probabilities).Count(pair => pair.First != pair.Second), 0, 5);
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
        var expected = Finish(sums, active);
        Assert.Equal(planes.ToArray<float>(), all.ToArray<float>());
        var band = Finish(sums, active, clear: true);
        Assert.Equal(expected.Classes, band.Classes);
        Assert.Equal(expected.Probabilities, band.Probabilities);
        using (var rows = planes.Narrow(1, 3, 7))
            rows.Zero_();
        Assert.Equal(planes.ToArray<float>(), all.ToArray<float>());
    }

    [Fact]
    public void SharesAreRoundedDownAndTheFirstOfEqualsIsTaken()
    {
        using var sums = Tensor.From<float>([1, 0.5f, 0, 1, 0.25f, 0, 1, 0.25f, 0], 3, 1, 3);
        var band = Finish(sums, [false, true, true]);
        Assert.Equal([1, 1, 255], band.Classes);
        Assert.Equal([85, 63, 0], band.Confidence);
        Assert.Equal([85, 127, 0, 85, 63, 0, 85, 63, 0], band.Probabilities);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using var logits = Creation.Zeros([1, 3, 8, 8]);
        using var weights = Creation.Full([8, 8], 1);
        using var sums = Creation.Zeros([3, 8, 8]);
        using var twoClasses = Creation.Zeros([2, 8, 8]);
        var whole = new PixelRect(0, 0, 8, 8);
        Assert.ThrowsAny<ArgumentException>(() => Blend(logits, 1, weights, sums, whole, 0, 0));
        Assert.ThrowsAny<ArgumentException>(() => Blend(logits, 0, weights, sums, whole, 1, 0));
        Assert.ThrowsAny<ArgumentException>(() => Blend(logits, 0, weights, sums, new(4, 0, 8, 8), 0, 0));
        Assert.Throws<ArgumentException>(() => Blend(logits, 0, weights, twoClasses, whole, 0, 0));
        Assert.Throws<ArgumentException>(() => StitchingKernels.BlendAccumulate(ViewOf(logits).Part(0, whole), new float[63], 8, ViewOf(sums), 1));
        Assert.Throws<ArgumentException>(() => StitchingKernels.BlendAccumulate(ViewOf(logits).Part(0, whole), new float[64], 7, ViewOf(sums), 1));
        Assert.Throws<ArgumentException>(() => StitchingKernels.BlendAccumulate(ViewOf(logits).Part(0, whole with { Columns = 7 }), new float[64], 8, ViewOf(sums), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blend(logits, 0, weights, sums, whole, 0, 0, threads: 0));
        using var rowsLast = sums.Permute(0, 2, 1);
        Assert.Throws<ArgumentException>(() => Blend(logits, 0, weights, rowsLast, whole, 0, 0));
        Assert.Throws<ArgumentException>(() => Finish(rowsLast, [true, true, true]));
        Assert.Throws<ArgumentException>(() => Finish(sums, [false, false, false]));
        Assert.Throws<ArgumentException>(() => Finish(sums, [true]));
        Assert.Throws<ArgumentException>(() => Finish(sums, [true, true, true], missing: 1));
        Assert.Throws<ArgumentException>(() => StitchingOperators.Finish(sums, [true], 255, probabilities: false));
    }

    [Fact]
    public void RowsMayLieApart()
    {
        using var sums = Noise("sums", 1, Classes, 5, 21);
        var active = Enumerable.Repeat(true, Classes).ToArray();
        var dense = Finish(sums, active);
        const int Stride = 40;
        var (classes, confidence, probabilities) = (new byte[5 * Stride], new byte[5 * Stride], new byte[Classes * 5 * Stride]);
        var rows = new FinishedRows { Classes = classes, Confidence = confidence, Probabilities = probabilities, RowStride = Stride, ClassStride = 5 * Stride };
        StitchingKernels.Finish(ViewOf(sums), active, 255, clear: false, rows, threads: 1);
        Assert.Equal(dense.Classes, Cut(classes));
        Assert.Equal(dense.Confidence, Cut(confidence));
        Assert.Equal(dense.Probabilities, Cut(probabilities));
        Assert.All(classes.Where((_, i) => i % Stride >= 21), code => Assert.Equal(0, code));

        static IEnumerable<byte> Cut(byte[] apart) => apart.Chunk(Stride).SelectMany(row => row.Take(21));
    }

    private static void Blend(Tensor logits, int index, Tensor weights, Tensor sums, PixelRect part, int row, int column, int threads = 1)
    {
        var width = (int)weights.Shape[1];
        StitchingKernels.BlendAccumulate(
            ViewOf(logits).Part(index, part), weights.ToArray<float>().AsSpan((int)((part.Row * width) + part.Column)), width, ViewOf(sums).Part(0, part with { Row = row, Column = column }), threads);
    }

    private static (byte[] Classes, byte[] Confidence, byte[] Probabilities) Finish(Tensor sums, bool[] active, bool clear = false, int missing = 0)
    {
        var pixels = (int)(sums.Shape[1] * sums.Shape[2]);
        var (classes, confidence, probabilities) = (new byte[pixels], new byte[pixels], new byte[((int)sums.Shape[0] * pixels) - missing]);
        var rows = new FinishedRows { Classes = classes, Confidence = confidence, Probabilities = probabilities, RowStride = (int)sums.Shape[2], ClassStride = pixels };
        StitchingKernels.Finish(ViewOf(sums), active, 255, clear, rows, threads: 2);
        return (classes, confidence, probabilities);
    }

    /// <summary>[classes, rows, columns], or several of them. The tensor owns the memory.</summary>
    private static ImageView ViewOf(Tensor tensor)
    {
        using var images = tensor.Shape.Count == 4 ? tensor.Narrow(0, 0, tensor.Shape[0]) : tensor.Unsqueeze(0);
        return new TensorLogits(images).View;
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

    private static float[] Floats(byte[] bytes) => [.. bytes.Select(value => (float)value)];

    private static void AssertNear(float[] expected, float[] actual, float tolerance) =>
        Assert.InRange(expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max(), 0, tolerance);
}
