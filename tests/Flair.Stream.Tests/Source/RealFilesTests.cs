using Flair.Gdal;
using Flair.Source;

namespace Flair.Tests.Source;

/// <summary>On IGN's own files, where they are (FLAIR_SHARED, or shared/ beside the repository).</summary>
public sealed class RealFilesTests
{
    private const string Square = "770550_6277600";

    [RealFact]
    public async Task Five_bands_of_one_square()
    {
        using var scene = new Scene();
        var mosaic = scene.Open(
            Scene.Product("rvb", [1, 2, 3], At($"{Square}_rgb_20cm.tif")),
            Scene.Product("irc", [1], At($"{Square}_irc_20cm.tif")),
            Scene.Height([At($"{Square}_DSM_50cm.tif")], [At($"{Square}_DTM_50cm.tif")]));
        Assert.Empty(scene.Notices);
        Assert.Equal((5, SampleType.UInt8, 2154, 0.2), (mosaic.ChannelCount, mosaic.Samples, mosaic.Grid.Epsg, mosaic.Grid.PixelWidth));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        AssertBand(pixels, 0, $"{Square}_rgb_20cm.tif", 1);
        AssertBand(pixels, 2, $"{Square}_rgb_20cm.tif", 3);
        AssertBand(pixels, 3, $"{Square}_irc_20cm.tif", 1);
        Assert.DoesNotContain((byte)0, pixels.Known);

        // The height model of the same square, taken where the centres of both grids coincide: every fifth pixel of 0.2 m, every second of 0.5 m.
        using var dsm = Raster.Open(At($"{Square}_DSM_50cm.tif"));
        using var dtm = Raster.Open(At($"{Square}_DTM_50cm.tif"));
        float[] surface = new float[10000], terrain = new float[10000];
        dsm.Read<float>(0, 0, 100, 100, [1], surface);
        dtm.Read<float>(0, 0, 100, 100, [1], terrain);
        int compared = 0;
        for (int y = 0; y < 252; y++)
        {
            for (int x = 0; x < 252; x++)
            {
                double u = ((770549.8 + ((x + 0.5) * 0.2) - 770549.75) / 0.5) - 0.5, v = ((6277600.25 - 6277600.2 + ((y + 0.5) * 0.2)) / 0.5) - 0.5;
                int column = (int)Math.Clamp(Math.Floor(u), 0, 98), row = (int)Math.Clamp(Math.Floor(v), 0, 98);
                double right = Math.Clamp(u - column, 0, 1), down = Math.Clamp(v - row, 0, 1);
                double s = At4(surface, column, row, right, down), t = At4(terrain, column, row, right, down);
                if (s < -1000 || t < -1000)
                    continue;
                double expected = Math.Clamp(Math.Round((s - t) / 0.2, MidpointRounding.ToEven), 0, 255);
                Assert.InRange(pixels[4, mosaic.Bounds.X + x, mosaic.Bounds.Y + y], expected - 1, expected + 1);
                compared++;
            }
        }

        Assert.True(compared > 60000, $"{compared} compared");
        Assert.True(pixels.Channels[4].Max() > 10);

        static double At4(float[] m, int x, int y, double right, double down) =>
            Min(m, x, y) <= -1000 ? -9999 : ((((m[(y * 100) + x] * (1 - right)) + (m[(y * 100) + x + 1] * right)) * (1 - down))
                + (((m[(y * 100) + 100 + x] * (1 - right)) + (m[(y * 100) + 101 + x] * right)) * down));

        static float Min(float[] m, int x, int y) => new[] { m[(y * 100) + x], m[(y * 100) + x + 1], m[(y * 100) + 100 + x], m[(y * 100) + 101 + x] }.Min();
    }

    [RealFact]
    public void One_directory_of_all_kinds_is_sorted_out_by_names()
    {
        using var scene = new Scene();
        foreach (var name in new[] { "rgb_20cm", "irc_20cm", "DSM_50cm", "DTM_50cm", "DHM_50cm" })
            File.Copy(At($"{Square}_{name}.tif"), scene[$"{Square}_{name}.tif"]);
        var mosaic = scene.Open(Scene.Product("rvb", [1, 2, 3], scene.Folder), Scene.Product("irc", [1], scene.Folder), Scene.Height([scene.Folder], [scene.Folder]));
        Assert.Equal($"{Square}_rgb_20cm", Assert.Single(mosaic.Tiles).Name);
        Assert.Equal(["DSM_50cm", "DTM_50cm", "irc_20cm", "rgb_20cm"], mosaic.Tiles[0].Files.Select(file => Path.GetFileNameWithoutExtension(file)[(Square.Length + 1)..]));
    }

    [RealFact]
    public async Task A_spectral_band_tagged_alpha_is_data()
    {
        using var scene = new Scene();
        var mosaic = scene.Open(Scene.Product("tree", [4, 2, 3, 1], At("Abies_alba_1_1005_WEFL_NLF.tif")));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.DoesNotContain((byte)0, pixels.Known);
        AssertBand(pixels, 0, "Abies_alba_1_1005_WEFL_NLF.tif", 4);
    }

    [RealFact]
    public async Task Pixels_need_not_be_square_but_alike()
    {
        using var scene = new Scene();
        var mosaic = scene.Open(
            Scene.Product("rvb", [1, 2, 3], At("pacasam_792000_6272000_patch1_rgb.tif")),
            Scene.Product("irc", [1], At("pacasam_792000_6272000_patch1_irc.tif")));
        Assert.Equal(0.199716599190585, mosaic.Grid.PixelHeight, 12);
        Assert.Equal(6271221.0, mosaic.Grid.Top(mosaic.Bounds.Y), 6);
        AssertBand(await Pixels.ReadAsync(mosaic, mosaic.Bounds), 3, "pacasam_792000_6272000_patch1_irc.tif", 1);
        var both = Assert.Throws<FlairException>(() => scene.Open(Scene.Product("rvb", [1], At("pacasam_*_rgb.tif"))));
        Assert.Contains("has pixels of 0.2 x 0.1997", both.Message, StringComparison.Ordinal);
    }

    private static string At(string name) => Path.Combine(RealFactAttribute.Folder!, name);

    private static void AssertBand(Pixels pixels, int channel, string file, int band)
    {
        using var raster = Raster.Open(At(file));
        var values = new float[raster.Width * raster.Height];
        raster.Read<float>(0, 0, raster.Width, raster.Height, [band], values);
        Assert.Equal(values, pixels.Channels[channel]);
    }
}
