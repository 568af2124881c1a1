namespace Flair.Gdal.Tests;

public sealed class ErrorTests : Scratch
{
    private const int Size = 600;

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<GdalException>(() => Raster.Open(At("absent.tif")));
        Assert.Contains("absent.tif", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void What_is_no_raster_is_named()
    {
        File.WriteAllText(At("x.tif"), "not a raster");
        var error = Assert.Throws<GdalException>(() => Raster.Open(At("x.tif")));
        Assert.Contains("x.tif", error.Message, StringComparison.Ordinal);
        Assert.Contains("not recognized", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_band_that_is_not_there_is_named()
    {
        WriteTiff(At("a.tif"), Noise(64), 8, 8, 1);
        using var raster = Raster.Open(At("a.tif"));
        var error = Assert.Throws<GdalException>(() => raster.Type(2));
        Assert.Contains("no band 2: it has 1", error.Message, StringComparison.Ordinal);
        Assert.Throws<GdalException>(() => raster.Read<byte>(0, 0, 8, 8, [2], new byte[64]));
    }

    [Fact]
    public void A_rectangle_outside_is_refused()
    {
        WriteTiff(At("a.tif"), Noise(64), 8, 8, 1);
        using var raster = Raster.Open(At("a.tif"));
        Assert.Throws<GdalException>(() => raster.Read<byte>(4, 4, 8, 8, [1], new byte[64]));
        Assert.Throws<ArgumentException>(() => raster.Read<byte>(0, 0, 8, 8, [1], new byte[63]));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_named()
    {
        var error = Assert.Throws<GdalException>(() => Raster.Create("GTiff", At("no/where.tif"), 8, 8, 1, GdalType.Byte));
        Assert.Contains("where.tif", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_is_not_there_is_named()
    {
        var error = Assert.Throws<GdalException>(() => Raster.Create("NoSuch", At("a"), 8, 8, 1, GdalType.Byte));
        Assert.Contains("NoSuch", error.Message, StringComparison.Ordinal);
        Assert.False(GdalRuntime.HasDriver("NoSuch", create: false));
        Assert.True(GdalRuntime.HasDriver("COG", create: true));
    }

    [Fact]
    public void Threads_get_their_own_messages()
    {
        Parallel.For(0, 32, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var error = Assert.Throws<GdalException>(() => Raster.Open(At($"absent-{i}-.tif")));
            Assert.Contains($"absent-{i}-", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(';', error.Message);
        });
    }

    [Theory]
    [InlineData("GTiff", "COMPRESS=DEFLATE")]
    [InlineData("GTiff", "COMPRESS=NONE")]
    [InlineData("GTiff", "COMPRESS=LZW", "TILED=YES")]
    [InlineData("GTiff", "COMPRESS=ZSTD", "TILED=YES")]
    [InlineData("GTiff", "COMPRESS=JPEG", "PHOTOMETRIC=YCBCR", "TILED=YES")]
    [InlineData("COG", "COMPRESS=DEFLATE")]
    [InlineData("COG", "COMPRESS=NONE")]
    [InlineData("JP2OpenJPEG", "REVERSIBLE=YES", "QUALITY=100")]
    [InlineData("JP2OpenJPEG", "QUALITY=10")]
    [InlineData("JP2OpenJPEG", "QUALITY=10", "BLOCKXSIZE=256", "BLOCKYSIZE=256")]
    [InlineData("JP2OpenJPEG", "QUALITY=10", "CODEC=J2K")]
    public void A_truncated_file_is_an_error_or_complete(string driver, params string[] options)
    {
        WriteTiff(At("source.tif"), Scene(), Size, Size, 3);
        var whole = At("whole." + (driver == "JP2OpenJPEG" ? "jp2" : "tif"));
        using (var source = Raster.Open(At("source.tif")))
            source.CreateCopy(driver, whole, options).Close();
        var bytes = File.ReadAllBytes(whole);
        var expected = ReadAll(whole);
        var cut = At("cut" + Path.GetExtension(whole));
        var silent = new List<string>();
        int refused = 0;
        foreach (double share in new[] { 0.001, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 0.99, 0.999 })
        {
            int length = (int)(bytes.Length * share);
            File.WriteAllBytes(cut, bytes[..length]);
            try
            {
                if (!ReadAll(cut).AsSpan().SequenceEqual(expected))
                    silent.Add($"{share}");
            }
            catch (GdalException)
            {
                refused++;
            }
        }

        Assert.Empty(silent);
        Assert.Equal(11, refused);
    }

    private static byte[] ReadAll(string path)
    {
        using var raster = Raster.Open(path);
        var pixels = new byte[3 * Size * Size];
        raster.Read<byte>(0, 0, Size, Size, [1, 2, 3], pixels);
        return pixels;
    }

    private static byte[] Scene()
    {
        var noise = Noise(3 * Size * Size);
        for (int i = 0; i < noise.Length; i++)
            noise[i] = (byte)((noise[i] / 16) + ((i % Size) / 3) + 20);
        return noise;
    }
}
