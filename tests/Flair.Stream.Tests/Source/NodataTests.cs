using Flair.Gdal;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tests.Source;

public class NodataTests
{
    /// <summary>White: a collar in the west, a roof, a road one pixel wide, a disc of white on the border of the tiles, noise.</summary>
    private static bool IsWhite(int x, int y) =>
        x < 20 || (x is > 50 and < 60 && y is > 50 and < 60) || y == 80 || Sq(x - 150) + Sq(y - 100) < 900 || Scene.Noise(9, x, y) > 200;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(32)]
    public async Task A_valid_value_counts_in_solid_squares_only(int solid)
    {
        using var scene = new Scene();
        var white = new Scene.Options { Nodata = 255, Value = (band, x, y) => IsWhite(x, y) || (band == 1 && x > 200) ? 255 : Scene.Noise(band, x, y) };
        scene.Write("one/a.tif", 0, 0, 300, 200, white);
        scene.Write("four/a.tif", 0, 0, 150, 100, white);
        scene.Write("four/b.tif", 150, 0, 150, 100, white);
        scene.Write("four/c.tif", 0, 100, 150, 100, white);
        scene.Write("four/d.tif", 150, 100, 150, 100, white);
        var one = Open(scene, "auto", solid, Scene.Product("rvb", [1, 2, 3], scene["one"]));
        var pixels = await Pixels.ReadAsync(one, one.Bounds);
        var expected = Reference(300, 200, solid, IsWhite);
        for (int y = 0; y < 200; y++)
        {
            for (int x = 0; x < 300; x++)
            {
                bool known = pixels.IsKnown(one.Bounds.X + x, one.Bounds.Y + y);
                if (known == expected[x, y])
                    Assert.Fail($"known is {known} at {x}, {y}");
                if (pixels[1, one.Bounds.X + x, one.Bounds.Y + y] != (known ? white.Value(2, x, y) : 0))
                    Assert.Fail($"value at {x}, {y}");
            }
        }

        var four = Open(scene, "auto", solid, Scene.Product("rvb", [1, 2, 3], scene["four"]));
        pixels.AssertSame(await Pixels.ReadAsync(four, four.Bounds));
        pixels.AssertSame(await Pixels.ReadAsync(four, new GridRect(one.Bounds.X + 13, one.Bounds.Y + 41, 170, 83)));
    }

    [Fact]
    public async Task Strips_do_not_show_in_it()
    {
        using var scene = new Scene();
        static bool Blank(int x, int y) => Sq(x - 40) + Sq(y - 512) < 1000 || y is > 990 and < 1030 || (x < 6 && y > 300);
        scene.Write("a.tif", 0, 0, 80, 1200, new Scene.Options { Bands = 1, Nodata = 0, Value = (_, x, y) => Blank(x, y) ? 0 : 9 });
        var mosaic = Open(scene, "auto", 16, Scene.Product("g", [1], scene["a.tif"]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        var expected = Reference(80, 1200, 16, Blank);
        for (int y = 0; y < 1200; y++)
        {
            for (int x = 0; x < 80; x++)
                Assert.NotEqual(expected[x, y], pixels.IsKnown(mosaic.Bounds.X + x, mosaic.Bounds.Y + y));
        }
    }

    [Fact]
    public async Task A_pixel_is_known_where_one_product_has_data()
    {
        using var scene = new Scene();
        scene.Write("rvb.tif", 0, 0, 100, 100, new Scene.Options { Nodata = 255, Value = (_, x, _) => x < 60 ? 255 : 7 });
        scene.Write("irc.tif", 0, 0, 100, 100, new Scene.Options { Nodata = 255, Value = (_, x, _) => x < 40 ? 255 : 8 });
        var mosaic = scene.Open(Scene.Product("rvb", [1, 2, 3], scene["rvb.tif"]), Scene.Product("irc", [1], scene["irc.tif"]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.Equal(6000, pixels.Known.Count(known => known == 1));
        Assert.Equal([0f, 255f, 7f], new[] { 39, 40, 60 }.Select(x => pixels[0, mosaic.Bounds.X + x, mosaic.Bounds.Y + 50]));
    }

    [Theory]
    [InlineData("auto", 10000)]
    [InlineData("none", 10000)]
    [InlineData("255", 5000)]
    public async Task A_value_that_the_type_cannot_hold_is_ignored_and_a_number_overrides(string value, int known)
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 100, 100, new Scene.Options { Nodata = -9999, Value = (_, x, _) => x < 50 ? 255 : 7 });
        var mosaic = Open(scene, value, 32, Scene.Product("rvb", [1, 2, 3], scene["a.tif"]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.Equal(known, pixels.Known.Count(each => each == 1));
    }

    [Fact]
    public async Task An_alpha_band_counts_unless_it_is_selected()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 100, 100, new Scene.Options { Bands = 4, AlphaBand = 4, Value = (band, x, _) => band == 4 && x < 50 ? 0 : 9 });
        var beside = scene.Open(Scene.Product("rvb", [1, 2, 3], scene["a.tif"]));
        Assert.Equal(5000, (await Pixels.ReadAsync(beside, beside.Bounds)).Known.Count(known => known == 1));
        var selected = scene.Open(Scene.Product("rvb", [4, 1, 2], scene["a.tif"]));
        Assert.DoesNotContain((byte)0, (await Pixels.ReadAsync(selected, selected.Bounds)).Known);
    }

    /// <summary>A mask is exact: a pixel of it alone counts, whatever its value and the side of the squares, in every block.</summary>
    [Theory]
    [InlineData(GdalType.Byte, "auto", null)]
    [InlineData(GdalType.UInt16, "auto", null)]
    [InlineData(GdalType.Float32, "auto", -9999.0)]
    [InlineData(GdalType.Byte, "none", null)]
    public async Task A_mask_of_the_file_counts(GdalType type, string value, double? nodata)
    {
        using var scene = new Scene();
        static bool IsMasked(int x, int y) => x < 40 || (x, y) == (200, 150) || Scene.Noise(7, x, y) > 240;
        scene.Write("pixels.tif", 0, 0, 300, 290, new Scene.Options { Type = type, Nodata = nodata });
        scene.Write("mask.tif", 0, 0, 300, 290, new Scene.Options { Bands = 1, Value = (_, x, y) => IsMasked(x, y) ? 0 : 255 });
        Directory.CreateDirectory(scene["cog"]);
        using (var both = Raster.Open(Masked(scene["pixels.tif"], scene["mask.tif"])))
            both.CreateCopy("COG", scene["cog/a.tif"], "BLOCKSIZE=128").Close();
        var mosaic = Open(scene, value, 32, Scene.Product("rvb", [1, 2, 3], scene["cog"]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        for (int y = 0; y < 290; y++)
        {
            for (int x = 0; x < 300; x++)
            {
                bool known = value == "none" || !IsMasked(x, y);
                if (pixels.IsKnown(mosaic.Bounds.X + x, mosaic.Bounds.Y + y) != known)
                    Assert.Fail($"known is not {known} at {x}, {y}");
                if (pixels[2, mosaic.Bounds.X + x, mosaic.Bounds.Y + y] != (known ? Scene.Noise(3, x, y) : 0))
                    Assert.Fail($"value at {x}, {y}");
            }
        }
    }

    [Fact]
    public async Task Floats_need_no_squares_and_NaN_never_spreads()
    {
        using var scene = new Scene();
        var floats = new Scene.Options { Type = GdalType.Float32, Nodata = -9999 };
        scene.Write("rvb.tif", 0, 0, 50, 50, floats with { Value = (band, x, _) => x == 3 ? -9999 : x == 5 && band == 2 ? double.NaN : 0.5 });
        scene.Write("irc.tif", 0, 0, 50, 50, floats with { Value = (_, x, y) => x == 5 && y < 10 ? 0.25 : x is 3 or 5 ? double.NaN : 0.5 });
        var mosaic = scene.Open(Scene.Product("rvb", [1, 2], scene["rvb.tif"]), Scene.Product("irc", [1], scene["irc.tif"]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.Equal(2500 - 50 - 40, pixels.Known.Count(known => known == 1));
        Assert.All(pixels.Channels.SelectMany(channel => channel), value => Assert.True(value is 0 or 0.25f or 0.5f));
        Assert.Equal([0f, 0f, 0.25f], Enumerable.Range(0, 3).Select(channel => pixels[channel, mosaic.Bounds.X + 5, mosaic.Bounds.Y]));
    }

    [Fact]
    public void A_value_that_cannot_occur_is_refused()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 10, 10);
        var fault = Assert.Throws<FlairException>(() => Open(scene, "-1", 32, Scene.Product("rvb", [1], scene["a.tif"])));
        Assert.Equal("nodata.value: -1 cannot occur in imagery of type Byte", fault.Message);
    }

    /// <summary>A VRT of a raster's three bands with another as their mask.</summary>
    private static string Masked(string raster, string mask)
    {
        static string Source(string path, int band) => $"<SimpleSource><SourceFilename>{path}</SourceFilename><SourceBand>{band}</SourceBand></SimpleSource>";
        using var of = Raster.Open(raster);
        var bands = Enumerable.Range(1, 3).Select(band =>
            $"""<VRTRasterBand dataType="{of.Type(band)}" band="{band}">{(of.Nodata(band) is { } nodata ? $"<NoDataValue>{nodata}</NoDataValue>" : "")}{Source(raster, band)}</VRTRasterBand>""");
        return $"""
            <VRTDataset rasterXSize="{of.Width}" rasterYSize="{of.Height}">
              <SRS>EPSG:2154</SRS><GeoTransform>{string.Join(",", of.GeoTransform!)}</GeoTransform>
              {string.Concat(bands)}
              <MaskBand><VRTRasterBand dataType="Byte">{Source(mask, 1)}</VRTRasterBand></MaskBand>
            </VRTDataset>
            """;
    }

    private static int Sq(int x) => x * x;

    private static Mosaic Open(Scene scene, string value, int solid, params ProductSettings[] inputs) =>
        scene.Open(settings => settings with { Nodata = new NodataSettings { Value = value, Solid = solid } }, inputs);

    /// <summary>By definition: in some square of blank pixels, those outside the raster being blank.</summary>
    private static bool[,] Reference(int width, int height, int side, Func<int, int, bool> blank)
    {
        // Sums over rectangles, so that a square is looked at in one step.
        int w = width + (2 * side), h = height + (2 * side);
        var sums = new int[w + 1, h + 1];
        for (int y = 0; y < h; y++)
        {
            for (int x = 0; x < w; x++)
            {
                int px = x - side, py = y - side;
                bool marked = px < 0 || py < 0 || px >= width || py >= height || blank(px, py);
                sums[x + 1, y + 1] = sums[x, y + 1] + sums[x + 1, y] - sums[x, y] + (marked ? 1 : 0);
            }
        }

        var open = new bool[width, height];
        for (int y = 0; y + side <= h; y++)
        {
            for (int x = 0; x + side <= w; x++)
            {
                if (sums[x + side, y + side] - sums[x, y + side] - sums[x + side, y] + sums[x, y] != side * side)
                    continue;
                for (int py = Math.Max(0, y - side); py < Math.Min(height, y); py++)
                {
                    for (int px = Math.Max(0, x - side); px < Math.Min(width, x); px++)
                        open[px, py] = true;
                }
            }
        }

        return open;
    }
}
