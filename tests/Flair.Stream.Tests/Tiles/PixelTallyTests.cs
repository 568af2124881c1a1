using Flair.Tiles;

namespace Flair.Tests.Tiles;

public sealed class PixelTallyTests
{
    [Theory]
    [InlineData(31, 3)]
    [InlineData(64, 200)]
    [InlineData(1000, 1)]
    [InlineData(1003, 50)]
    public void Counts_every_pixel(int pixels, int run)
    {
        var random = new Random(pixels);
        byte[] codes = new byte[pixels], confidence = new byte[pixels];
        byte code = 0;
        for (var i = 0; i < pixels; i++)
        {
            if (i % run == 0)
                code = random.Next(4) is var next and < 3 ? (byte)next : (byte)255;
            (codes[i], confidence[i]) = (code, (byte)random.Next(86, 256));
        }

        var tally = new PixelTally(3);
        tally.Add(codes, confidence);
        tally.Add(codes.AsSpan(pixels / 2), confidence.AsSpan(pixels / 2));

        var all = codes.Zip(confidence).Concat(codes.Zip(confidence).Skip(pixels / 2)).ToList();
        Assert.Equal(Enumerable.Range(0, 3).Select(kind => all.LongCount(pixel => pixel.First == kind)), tally.Histogram);
        Assert.Equal(all.LongCount(pixel => pixel.First == 255), tally.Nodata);
        var known = all.Where(pixel => pixel.First != 255).ToList();
        Assert.Equal(known.Count == 0 ? double.NaN : (known.Average(pixel => (double)pixel.Second) + 0.5) / 255, tally.MeanConfidence, 12);
    }
}
