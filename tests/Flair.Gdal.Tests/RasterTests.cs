namespace Flair.Gdal.Tests;

public sealed unsafe class RasterTests : Scratch
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var pixels = Noise(3 * 70 * 50);
        WriteTiff(At("a.tif"), pixels, 70, 50, 3, "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16", "COMPRESS=DEFLATE");

        using var raster = Raster.Open(At("a.tif"));
        var back = new byte[pixels.Length];
        raster.Read<byte>(0, 0, 70, 50, [1, 2, 3], back);

        Assert.Equal(pixels, back);
        Assert.Equal((70, 50, 3, "GTiff"), (raster.Width, raster.Height, raster.BandCount, raster.Driver));
        Assert.Equal((32, 16), raster.BlockSize(1));
        Assert.Equal(GdalType.Byte, raster.Type(3));
        Assert.Equal([700000, 0.2, 0, 6600000, 0, -0.2], raster.GeoTransform!);
        Assert.Equal(2154, Crs.Epsg(raster.CrsWkt));
        Assert.Null(raster.Nodata(1));
        Assert.False(File.Exists(At("a.tif.aux.xml")));
    }

    /// <summary>GDAL's reader of JPEG 2000 would flush every dataset's blocks, also those that another thread is just writing: that crashed one run in two.</summary>
    [Fact]
    public void Reading_one_raster_writes_nothing_of_another()
    {
        WriteTiff(At("source.tif"), Noise(1024 * 1024), 1024, 1024, 1);
        using (var source = Raster.Open(At("source.tif")))
            source.CreateCopy("JP2OpenJPEG", At("tiled.jp2"), "BLOCKXSIZE=128", "BLOCKYSIZE=128").Close();
        var pixels = Noise(512 * 512, 2);
        using var written = Raster.Create("GTiff", At("written.tif"), 512, 512, 1, GdalType.Byte, "SPARSE_OK=TRUE");
        written.Flush();
        var empty = new FileInfo(At("written.tif")).Length;
        written.Write<byte>(0, 0, 512, 512, [1], pixels);
        var before = new FileInfo(At("written.tif")).Length;

        using (var read = Raster.Open(At("tiled.jp2")))
            read.Read<byte>(0, 0, 1024, 1024, [1], new byte[1024 * 1024]);

        Assert.Equal(before, new FileInfo(At("written.tif")).Length);
        written.Close();
        Assert.True(new FileInfo(At("written.tif")).Length >= empty + pixels.Length);
        Assert.True(before < empty + pixels.Length, "nothing was left to be written"); // 3.10 writes some blocks at once, earlier ones none
    }

    [Fact]
    public void A_window_of_some_bands_can_be_read_interleaved()
    {
        var pixels = Noise(3 * 8 * 6);
        WriteTiff(At("a.tif"), pixels, 8, 6, 3);
        using var raster = Raster.Open(At("a.tif"));
        var buffer = new float[2 * 4 * 3];
        fixed (float* start = buffer)
            raster.Read(2, 1, 4, 3, [3, 1], GdalType.Float32, start, 4, 3, 8, 32, 4);

        for (int y = 0; y < 3; y++)
        {
            for (int x = 0; x < 4; x++)
            {
                Assert.Equal(pixels[(2 * 48) + ((y + 1) * 8) + x + 2], buffer[((y * 4) + x) * 2]);
                Assert.Equal(pixels[((y + 1) * 8) + x + 2], buffer[(((y * 4) + x) * 2) + 1]);
            }
        }
    }

    [Fact]
    public void Reading_smaller_resamples_as_asked()
    {
        WriteTiff(At("a.tif"), [0, 0, 10, 30, 0, 4, 50, 70], 4, 2, 1);
        using var raster = Raster.Open(At("a.tif"));
        var two = new byte[2];
        fixed (byte* start = two)
            raster.Read(0, 0, 4, 2, [1], GdalType.Byte, start, 2, 1, 1, 2, 2, Resampling.Average);
        Assert.Equal([1, 40], two);
    }

    [Fact]
    public void A_raster_over_memory_copies_nothing()
    {
        var pixels = Noise(2 * 5 * 4);
        fixed (byte* memory = pixels)
        {
            using var raster = Raster.Wrap(memory, 5, 4, 2, GdalType.Byte, 1, 5, 20);
            var back = new byte[40];
            raster.Read<byte>(0, 0, 5, 4, [1, 2], back);
            Assert.Equal(pixels, back);
            raster.Write<byte>(0, 0, 1, 1, [2], [(byte)(pixels[20] ^ 1)]);
            raster.Flush();
            Assert.Equal(back[20] ^ 1, pixels[20]);
        }
    }

    [Fact]
    public void Colours_names_nodata_and_metadata_survive()
    {
        using (var raster = Raster.Create("GTiff", At("c.tif"), 4, 4, 1, GdalType.Byte))
        {
            raster.SetColorTable(1, [(219, 14, 154, 255), (147, 142, 123, 255)]);
            raster.SetNodata(1, 255);
            raster.SetDescription(1, "class");
            raster.SetMetadata("FLAIR_MODEL", "resnet34_unet");
            raster.SetMetadata("KEY", "é", "FLAIR");
            raster.Close();
        }

        using var back = Raster.Open(At("c.tif"));
        Assert.Equal((147, 142, 123, 255), back.ColorTable(1)[1]);
        Assert.Equal(255, back.Nodata(1));
        Assert.Equal("class", back.Description(1));
        Assert.Equal("resnet34_unet", back.Metadata("FLAIR_MODEL"));
        Assert.Equal("é", back.Metadata("KEY", "FLAIR"));
        Assert.Null(back.Metadata("ABSENT"));
        Assert.Equal(ColorInterpretation.Palette, back.Interpretation(1));
    }

    [Fact]
    public void Overviews_and_checksum()
    {
        WriteTiff(At("a.tif"), Noise(64 * 64), 64, 64, 1);
        using (var update = Raster.Open(At("a.tif"), update: true))
        {
            update.BuildOverviews(Resampling.Mode, 2, 4);
            update.Close();
        }

        using var raster = Raster.Open(At("a.tif"));
        Assert.Equal(2, raster.OverviewCount(1));
        Assert.Equal((16, 16), raster.OverviewSize(1, 1));
        Assert.NotEqual(0, raster.Checksum(1));
    }

    [Fact]
    public void Each_thread_reads_with_its_own_handle()
    {
        const int Size = 256;
        var pixels = Noise(2 * Size * Size);
        WriteTiff(At("a.tif"), pixels, Size, Size, 2, "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE");
        int wrong = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, seed =>
        {
            var random = new Random(seed);
            using var raster = Raster.Open(At("a.tif"));
            var window = new byte[2 * 40 * 30];
            for (int n = 0; n < 50; n++)
            {
                int x = random.Next(Size - 40), y = random.Next(Size - 30);
                raster.Read<byte>(x, y, 40, 30, [1, 2], window);
                for (int band = 0; band < 2; band++)
                {
                    for (int row = 0; row < 30; row++)
                    {
                        var expected = pixels.AsSpan((band * Size * Size) + ((y + row) * Size) + x, 40);
                        if (!window.AsSpan((band * 1200) + (row * 40), 40).SequenceEqual(expected))
                            Interlocked.Increment(ref wrong);
                    }
                }
            }
        });
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Cancelling_stops_a_copy()
    {
        WriteTiff(At("a.tif"), Noise(512 * 512), 512, 512, 1);
        using var raster = Raster.Open(At("a.tif"));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => raster.CreateCopy("GTiff", At("b.tif"), cancelled.Token).Dispose());
        raster.CreateCopy("GTiff", At("b.tif")).Close();
        Assert.True(File.Exists(At("b.tif")));
    }

    [Fact]
    public void Memory_of_many_rasters_is_given_back()
    {
        WriteTiff(At("a.tif"), Noise(64 * 64), 64, 64, 1);
        for (int i = 0; i < 2000; i++)
        {
            using var raster = Raster.Open(At("a.tif"));
            Assert.Equal(64, raster.Width);
        }
    }

    [RealFact]
    public void The_real_files_open()
    {
        using var rgb = Raster.Open(Path.Combine(RealFactAttribute.Folder!, "770550_6277600_rgb_20cm.tif"));
        Assert.Equal((252, 252, 3), (rgb.Width, rgb.Height, rgb.BandCount));
        Assert.Equal(255, rgb.Nodata(1));
        using var tree = Raster.Open(Path.Combine(RealFactAttribute.Folder!, "Abies_alba_1_1005_WEFL_NLF.tif"));
        Assert.Equal(ColorInterpretation.Alpha, tree.Interpretation(4));
        Assert.Equal(-9999, tree.Nodata(1));
    }
}
