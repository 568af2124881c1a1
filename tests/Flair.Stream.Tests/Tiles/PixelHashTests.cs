using Flair.Tiles;

namespace Flair.Tests.Tiles;

public sealed class PixelHashTests
{
    [Fact]
    public void Rows_and_blocks_give_the_same_hash()
    {
        var pixels = new byte[2 * 30 * 45];
        new Random(1).NextBytes(pixels);
        Assert.Equal(Hash(pixels, 45), Hash(pixels, 16));
    }

    [Fact]
    public void Long_runs_and_short_ones_give_the_same_hash()
    {
        var pixels = new byte[1003];
        new Random(2).NextBytes(pixels);
        PixelHash whole = new(), parts = new();
        whole.Add(1, 7, 0, pixels);
        for (int x = 0; x < pixels.Length; x += 8)
            parts.Add(1, 7, x, pixels.AsSpan(x, Math.Min(8, pixels.Length - x)));
        Assert.Equal(parts.Value, whole.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(44)]
    [InlineData(2699)]
    public void A_single_pixel_changes_it(int at)
    {
        var pixels = new byte[2 * 30 * 45];
        var before = Hash(pixels, 45);
        pixels[at] ^= 1;
        Assert.NotEqual(before, Hash(pixels, 45));
    }

    [Fact]
    public void So_do_exchanged_rows_and_bands()
    {
        var pixels = new byte[2 * 30 * 45];
        new Random(1).NextBytes(pixels);
        var rows = (byte[])pixels.Clone();
        pixels.AsSpan(45, 45).CopyTo(rows);
        pixels.AsSpan(0, 45).CopyTo(rows.AsSpan(45));
        Assert.NotEqual(Hash(pixels, 45), Hash(rows, 45));
        Assert.NotEqual(Hash(pixels, 45), Hash([.. pixels[1350..], .. pixels[..1350]], 45));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(512)]
    public void So_do_exchanged_runs_that_hardly_differ(int apart)
    {
        var pixels = new byte[1024];
        PixelHash one = new(), other = new();
        pixels[0] = 1;
        one.Add(0, 0, 0, pixels);
        (pixels[0], pixels[apart]) = (0, 1);
        other.Add(0, 0, 0, pixels);
        Assert.NotEqual(one.Value, other.Value);
    }

    private static ulong Hash(byte[] pixels, int block)
    {
        var hash = new PixelHash();
        for (int band = 1; band >= 0; band--)
        {
            for (int x = 0; x < 45; x += block)
            {
                for (int y = 0; y < 30; y++)
                    hash.Add(band, y, x, pixels.AsSpan((((band * 30) + y) * 45) + x, Math.Min(block, 45 - x)));
            }
        }

        return hash.Value;
    }
}
