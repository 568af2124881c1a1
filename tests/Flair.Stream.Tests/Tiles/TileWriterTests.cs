using System.Security.Cryptography;
using Flair.Gdal;
using Flair.Settings;
using Flair.Source;
using Flair.Tiles;

namespace Flair.Tests.Tiles;

public sealed class TileWriterTests : IDisposable
{
    private static readonly GridRect Rect = new(3_500_000, -33_000_000, 1300, 1100);
    private readonly TileFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_tile_is_a_COG_with_everything_it_needs()
    {
        var (tile, codes) = _folder.Write("a", Rect);

        Assert.Equal(["a.tif", "a.tif.aux.xml"], _folder.Files());
        Assert.Equal(["a.tif", "a.tif.aux.xml"], tile.Files.Select(file => file.Path));
        foreach (var file in tile.Files)
        {
            var bytes = File.ReadAllBytes(_folder.At(file.Path));
            Assert.Equal((bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))), (file.Bytes, file.Sha256));
        }

        using var raster = Raster.Open(_folder.At("a.tif"));
        Assert.Equal("COG", raster.Metadata("LAYOUT", "IMAGE_STRUCTURE"));
        Assert.Equal(TileWriter.Compression, raster.Metadata("COMPRESSION", "IMAGE_STRUCTURE"));
        Assert.Equal((512, 512), raster.BlockSize(1));
        Assert.Equal(2, raster.OverviewCount(1));
        Assert.Equal((325, 275), raster.OverviewSize(1, 1));
        Assert.Equal(255, raster.Nodata(1));
        Assert.Equal(((byte)21, (byte)83, (byte)174), (raster.ColorTable(1)[2].R, raster.ColorTable(1)[2].G, raster.ColorTable(1)[2].B));
        Assert.Equal("resnet34_unet", raster.Metadata("FLAIR_MODEL"));
        Assert.Equal("é & <water>", raster.Metadata("CLASS_02"));
        Assert.Equal([700000, 0.2, 0, 6600000, 0, -0.2], raster.GeoTransform!);
        Assert.Equal(2154, Crs.Epsg(raster.CrsWkt));
        Assert.Equal(codes, Pixels(raster, 1));
    }

    [Fact]
    public void Overviews_of_classes_hold_the_most_frequent_class()
    {
        _folder.Write("a", Rect);
        using var raster = Raster.Open(_folder.At("a.tif"));
        var reduced = new byte[650 * 550];
        unsafe
        {
            fixed (byte* start = reduced)
                raster.Read(0, 0, 1300, 1100, [1], GdalType.Byte, start, 650, 550, 1, 650, reduced.Length);
        }

        // The salt of the scene never has the majority of four pixels that lie inside one patch.
        var codes = TileFolder.Codes(Rect);
        int x = 40, y = 40;
        var four = new[] { codes[(2 * y * 1300) + (2 * x)], codes[(2 * y * 1300) + (2 * x) + 1], codes[(((2 * y) + 1) * 1300) + (2 * x)], codes[(((2 * y) + 1) * 1300) + (2 * x) + 1] };
        Assert.Equal(four.GroupBy(c => c).MaxBy(g => g.Count())!.Key, reduced[(y * 650) + x]);
        Assert.All(reduced, code => Assert.True(code is 0 or 1 or 2 or 255));
    }

    [Fact]
    public void Probabilities_and_confidence_get_files_of_their_own()
    {
        var (tile, codes) = _folder.Write("a", Rect, new OutputSettings { Probabilities = true, Confidence = true }, chunk: Rect.Height);

        Assert.Equal(["a.tif", "a.tif.aux.xml", "a_prob.tif", "a_confidence.tif"], tile.Files.Select(file => file.Path));
        using var probabilities = Raster.Open(_folder.At("a_prob.tif"));
        Assert.Equal(3, probabilities.BandCount);
        Assert.Equal("pervious surface", probabilities.Description(2));
        Assert.Null(probabilities.Nodata(1));
        Assert.Equal(TileFolder.Probabilities(codes), Pixels(probabilities, 1, 2, 3));
        using var confidence = Raster.Open(_folder.At("a_confidence.tif"));
        Assert.Equal(0, confidence.Nodata(1));
        Assert.Equal(TileFolder.Confidence(codes), Pixels(confidence, 1));
    }

    [Fact]
    public void The_only_raster_of_a_tile_has_no_suffix()
    {
        var (tile, _) = _folder.Write("a", Rect, new OutputSettings { Classes = false, Probabilities = true });
        Assert.Equal(["a.tif"], tile.Files.Select(file => file.Path));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(513, 7, 3)]
    [InlineData(511, 1025, 1000)]
    public void Odd_sizes(int width, int height, int chunk)
    {
        var (_, codes) = _folder.Write("a", new GridRect(5, 5, width, height), new OutputSettings { Confidence = true, Probabilities = true }, chunk);
        using var raster = Raster.Open(_folder.At("a.tif"));
        Assert.Equal(codes, Pixels(raster, 1));
    }

    [Fact]
    public void The_same_tile_is_the_same_bytes_however_its_rows_came()
    {
        var outputs = new OutputSettings { Probabilities = true, Confidence = true };
        var (first, _) = _folder.Write("a", Rect, outputs, chunk: 64);
        using var other = new TileFolder();
        var (second, _) = other.Write("a", Rect, outputs, chunk: 64);
        Assert.Equal(first.Files, second.Files);
        var (third, _) = other.Write("a", Rect, outputs with { Probabilities = false, Confidence = false }, chunk: 301);
        Assert.Equal(first.Files[0], third.Files[0]);
    }

    [Fact]
    public void An_unfinished_tile_leaves_nothing()
    {
        using (var writer = new TileWriter(_folder.Job("a", Rect)))
        {
            writer.WriteRows(10, new byte[13000], [], []);
            Assert.NotEmpty(_folder.Files());
            Assert.DoesNotContain("a.tif", _folder.Files());
            Assert.Throws<InvalidOperationException>(() => writer.Finish());
        }

        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void What_a_killed_run_left_is_removed()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Work, "a"));
        File.WriteAllText(Path.Combine(_folder.Work, "a", "a.tif.ovr.tmp"), "torn");
        _folder.Write("a", Rect);
        Assert.Equal(["a.tif", "a.tif.aux.xml"], _folder.Files());
    }

    [Fact]
    public void A_cancelled_tile_leaves_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        using (var writer = new TileWriter(_folder.Job("a", Rect)))
        {
            TileFolder.Stream(writer, Rect, TileFolder.Codes(Rect), 500);
            cancelled.Cancel();
            Assert.Throws<OperationCanceledException>(() => writer.Finish(cancelled.Token));
        }

        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void An_older_tile_is_replaced_whole()
    {
        File.WriteAllText(_folder.At("a.tif"), "old");
        _folder.Write("a", Rect);
        using var raster = Raster.Open(_folder.At("a.tif"));
        Assert.Equal(Rect.Width, raster.Width);
    }

    [Fact]
    public void A_work_folder_that_cannot_be_made_is_one_clear_line()
    {
        File.WriteAllText(Path.Combine(_folder.Output, "file"), "");
        var job = _folder.Job("a", Rect) with { Work = Path.Combine(_folder.Output, "file", "work") };
        var error = Assert.Throws<FlairException>(() => new TileWriter(job));
        Assert.Contains(Path.Combine(_folder.Output, "a"), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    /// <summary>The tile's rows take 1397 KiB, its COG and overviews some more.</summary>
    [FullDiskTheory]
    [InlineData("16k")]
    [InlineData("1000k")]
    [InlineData("1400k")]
    [InlineData("1440k")]
    public void A_full_disk_is_one_clear_line_and_leaves_nothing(string size)
    {
        using var disk = new SmallDisk(size);
        var job = _folder.Job("a", Rect) with { Output = disk.Path, Work = Path.Combine(disk.Path, "work") };
        var error = Assert.Throws<FlairException>(() =>
        {
            using var writer = new TileWriter(job);
            TileFolder.Stream(writer, Rect, TileFolder.Codes(Rect), 300);
            writer.Finish();
        });
        Assert.Contains("MiB are free", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(Directory.GetFiles(disk.Path, "*", SearchOption.AllDirectories));
    }

    private static byte[] Pixels(Raster raster, params int[] bands)
    {
        var pixels = new byte[bands.Length * raster.Width * raster.Height];
        raster.Read<byte>(0, 0, raster.Width, raster.Height, bands, pixels);
        return pixels;
    }
}
