using Flair.Gdal;
using Flair.Source;

namespace Flair.Tests.Source;

public class HeightTests
{
    private static readonly string[] Tiled = ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"];

    /// <summary>A surface over a terrain: fractions of a unit everywhere, so that a wrong weight shows.</summary>
    private static double Surface(int column, int row) => 120 + (40 * Math.Sin(column * 0.7) * Math.Cos(row * 0.4)) + (Scene.Noise(1, column, row) / 40);

    private static double Terrain(int column, int row) => 100 + (Scene.Noise(2, column, row) / 60);

    [Theory]
    [InlineData(0.5, -0.25, 0.25)]
    [InlineData(1.0, -0.5, 0.5)]
    [InlineData(0.5, 0.0, 0.0)]
    [InlineData(0.2, 0.0, 0.0)]
    [InlineData(0.3, 0.07, -0.11)]
    public async Task Equals_the_formula_on_another_grid(double pixel, double offX, double offY)
    {
        using var scene = new Scene();
        scene.Write("rvb.tif", 0, 0, 300, 290);
        int width = (int)Math.Ceiling(60 / pixel) + 8, height = (int)Math.Ceiling(58 / pixel) + 8;
        Elevation(scene, "mns.tif", -4, -4, width, height, pixel, offX, offY, Surface);
        Elevation(scene, "mnt.tif", -4, -4, width, height, pixel, offX, offY, Terrain);
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene["rvb.tif"]), Scene.Height([scene["mns.tif"]], [scene["mnt.tif"]]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        int differences = 0;
        for (int y = 0; y < 290; y++)
        {
            for (int x = 0; x < 300; x++)
            {
                double u = ((((x + 0.5) * 0.2) - offX) / pixel) - 0.5, v = ((((y + 0.5) * 0.2) + offY) / pixel) - 0.5;
                double metres = Bilinear(Surface, u, v) - Bilinear(Terrain, u, v);
                double expected = Math.Clamp(Math.Round(metres / 0.2, MidpointRounding.ToEven), 0, 255);
                float actual = pixels[1, mosaic.Bounds.X + x, mosaic.Bounds.Y + y];
                Assert.InRange(actual, expected - 1, expected + 1);
                differences += actual == expected ? 0 : 1;
            }
        }

        // The files hold 32-bit floats, the formula 64: a handful of values lie on the edge between two codes.
        Assert.InRange(differences, 0, 10);
    }

    [Fact]
    public async Task Cut_elevation_and_cut_imagery_give_the_same()
    {
        using var scene = new Scene();
        scene.Write("one/rvb.tif", 0, 0, 400, 400);
        foreach (int x in new[] { 0, 150 })
        {
            foreach (int y in new[] { 0, 210 })
                scene.Write($"four/{x}_{y}.tif", x, y, x == 0 ? 150 : 250, y == 0 ? 210 : 190);
        }

        Elevation(scene, "mns/all.tif", -4, -4, 170, 170, 0.5, -0.25, 0.25, Surface);
        Elevation(scene, "cut/a.tif", -4, -4, 77, 170, 0.5, -0.25, 0.25, Surface);
        Elevation(scene, "cut/b.tif", 73, -4, 93, 61, 0.5, -0.25, 0.25, Surface);
        Elevation(scene, "cut/c.tif", 73, 57, 93, 109, 0.5, -0.25, 0.25, Surface);
        Elevation(scene, "mnt.tif", -4, -4, 90, 90, 1, -0.5, 0.5, Terrain);
        var one = scene.Open(Scene.Product("rvb", [1], scene["one"]), Scene.Height([scene["mns"]], [scene["mnt.tif"]]));
        var four = scene.Open(Scene.Product("rvb", [1], scene["four"]), Scene.Height([scene["cut"]], [scene["mnt.tif"]]));
        var reference = await Pixels.ReadAsync(one, one.Bounds);
        reference.AssertSame(await Pixels.ReadAsync(four, four.Bounds));
        reference.AssertSame(await Pixels.ReadAsync(four, new GridRect(four.Bounds.X + 101, four.Bounds.Y + 33, 77, 311)));
        Assert.True(reference.Channels[1].Distinct().Count() > 100);
    }

    [Fact]
    public async Task Missing_neighbours_give_their_weight_away_and_unknown_is_zero()
    {
        using var scene = new Scene();
        scene.Write("rvb.tif", 0, 0, 100, 100);
        Elevation(scene, "mnh.tif", 0, 0, 20, 20, 1, 0, 0, (column, _) => column < 10 ? 20 : -9999, -9999);
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene["rvb.tif"]), Scene.Height([scene["mnh.tif"]], []));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        for (int x = 0; x < 100; x++)
        {
            // The last known centre lies 9.5 m east, the next would be 10.5: between them the known one answers alone.
            double east = (x + 0.5) * 0.2;
            Assert.Equal(east < 10.5 ? 100 : 0, pixels[1, mosaic.Bounds.X + x, mosaic.Bounds.Y + 50]);
        }

        Assert.DoesNotContain((byte)0, pixels.Known);
    }

    [Fact]
    public async Task The_edge_reaches_five_metres()
    {
        using var scene = new Scene();
        scene.Write("rvb.tif", 0, 0, 100, 100);
        Elevation(scene, "mnh.tif", 0, 0, 20, 10, 1, 0, 0, (_, row) => row + 1);
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene["rvb.tif"]), Scene.Height([scene["mnh.tif"]], []));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        for (int y = 0; y < 100; y++)
        {
            double south = (y + 0.5) * 0.2;
            if (Math.Abs(south - 15.5) < 0.01)
                continue;
            double metres = south < 9.5 ? Math.Max(1, south + 0.5) : south < 15.5 ? 10 : 0;
            Assert.InRange(pixels[1, mosaic.Bounds.X + 30, mosaic.Bounds.Y + y], (metres / 0.2) - 0.6, (metres / 0.2) + 0.6);
        }
    }

    [Fact]
    public void Halves_round_to_even_and_ends_are_clipped()
    {
        var codes = new byte[7];
        HeightCode.Encode([0.5, 1.5, 2.5, -3, 300, double.NaN, double.PositiveInfinity], 1, codes.AsSpan());
        Assert.Equal([0, 2, 2, 0, 255, 0, 255], codes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.2)]
    [InlineData(0.37)]
    public void Many_at_once_are_encoded_as_one_by_one(double unit)
    {
        double[] special = [0, -0.0, 0.5 * unit, 1.5 * unit, 254.5 * unit, 255 * unit, 255.5 * unit, 1e300, -1e300, double.NaN, double.NegativeInfinity, double.PositiveInfinity, double.Epsilon];
        var random = new Random(7);
        var metres = Enumerable.Range(0, 1003).Select(i => i % 5 == 0 ? special[i / 5 % special.Length] : i % 5 == 1 ? random.Next(-4, 600) * unit / 2 : (random.NextDouble() - 0.1) * 300 * unit).ToArray();
        var expected = metres.Select(m => Math.Round(m / unit, MidpointRounding.ToEven)).Select(code => code > 0 ? (byte)Math.Min(code, 255) : (byte)0).ToArray();
        var bytes = new byte[metres.Length];
        HeightCode.Encode(metres, unit, bytes.AsSpan());
        Assert.Equal(expected, bytes);
        var floats = new float[metres.Length];
        HeightCode.Encode(metres, unit, floats.AsSpan());
        Assert.Equal(expected.Select(code => (float)code), floats);
    }

    private static double Bilinear(Func<int, int, double> metres, double u, double v)
    {
        int x = (int)Math.Floor(u), y = (int)Math.Floor(v);
        double right = u - x, down = v - y;
        return (metres(x, y) * (1 - right) * (1 - down)) + (metres(x + 1, y) * right * (1 - down)) + (metres(x, y + 1) * (1 - right) * down) + (metres(x + 1, y + 1) * right * down);
    }

    private static void Elevation(Scene scene, string name, int column, int row, int width, int height, double pixel, double offX, double offY, Func<int, int, double> metres, double? nodata = null) =>
        scene.Write(name, column, row, width, height, new Scene.Options
        {
            Bands = 1,
            Type = GdalType.Float32,
            Pixel = pixel,
            Left = Scene.West + offX,
            Top = Scene.North + offY,
            Value = (_, x, y) => metres(x, y),
            Nodata = nodata,
            Creation = Tiled,
        });
}
