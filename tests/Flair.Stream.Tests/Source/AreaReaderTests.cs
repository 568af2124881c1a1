using Flair.Gdal;
using Flair.Source;

namespace Flair.Tests.Source;

public class AreaReaderTests
{
    private static readonly string[] TiledTiff = ["TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128", "COMPRESS=DEFLATE"];
    private static readonly string[] StripedTiff = ["BLOCKYSIZE=10", "COMPRESS=LZW"];
    private static readonly string[] LosslessJp2 = ["QUALITY=100", "REVERSIBLE=YES", "YCC=NO", "BLOCKXSIZE=256", "BLOCKYSIZE=256"];

    [Theory]
    [InlineData(".tif", 1)]
    [InlineData(".tif", 3)]
    [InlineData(".jp2", 2)]
    public async Task Four_tiles_read_as_their_mosaic(string extension, int readers)
    {
        using var scene = new Scene();
        var cut = extension == ".jp2" ? LosslessJp2 : TiledTiff;
        foreach (int x in new[] { 0, 400 })
        {
            foreach (int y in new[] { 0, 400 })
                scene.Write($"four/t{x}_{y}{extension}", x, y, 400, 400, new Scene.Options { Creation = cut });
        }

        scene.Write("one/all.tif", 0, 0, 800, 800, new Scene.Options { Creation = StripedTiff });
        var four = scene.Open(Scene.Product("rvb", [3, 1], scene["four"]));
        var one = scene.Open(Scene.Product("rvb", [3, 1], scene["one"]));
        Assert.Equal(one.Grid, four.Grid);
        Assert.Equal(one.Bounds, four.Bounds);
        var reference = await Pixels.ReadAsync(one, one.Bounds.Inflate(40), readers);
        reference.AssertSame(await Pixels.ReadAsync(four, one.Bounds.Inflate(40), readers));
        reference.AssertSame(await Pixels.ReadAsync(four, new GridRect(one.Bounds.X + 333, one.Bounds.Y + 7, 201, 777), readers));

        var at = one.Bounds;
        for (int i = 0; i < 800; i++)
        {
            Assert.Equal(Scene.Noise(3, i, 799 - i), reference[0, at.X + i, at.Y + 799 - i]);
            Assert.Equal(Scene.Noise(1, i, i), reference[1, at.X + i, at.Y + i]);
        }

        Assert.Equal(640_000, reference.Known.Count(known => known == 1));
        Assert.Equal(0, reference[0, at.X - 1, at.Y]);
    }

    [Theory]
    [InlineData("x.tif", "TILED=YES,BLOCKXSIZE=128,BLOCKYSIZE=128,COMPRESS=DEFLATE", 128, 128)]
    [InlineData("x.tif", "BLOCKYSIZE=10,COMPRESS=LZW", 1000, 10)]
    [InlineData("x.tif", "TILED=YES,BLOCKXSIZE=512,BLOCKYSIZE=512,COMPRESS=DEFLATE", 512, 512)]
    [InlineData("x.jp2", "QUALITY=100,REVERSIBLE=YES,YCC=NO,BLOCKXSIZE=256,BLOCKYSIZE=256", 256, 256)]
    public async Task Decodes_each_block_once(string name, string creation, int blockWidth, int blockHeight)
    {
        using var scene = new Scene();
        scene.Write(name, 0, 0, 1000, 800, new Scene.Options { Bands = 2, Creation = creation.Split(','), Nodata = name == "x.jp2" ? null : 255 });
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene[name]));
        var inner = new GridRect(mosaic.Bounds.X + 300, mosaic.Bounds.Y + 100, 400, 600);
        int halo = name == "x.jp2" ? 0 : 31;
        foreach (int readers in new[] { 1, 4 })
        {
            var whole = await Pixels.ReadAsync(mosaic, mosaic.Bounds, readers);
            Assert.Equal(Ceiling(1000, blockWidth) * Ceiling(800, blockHeight), whole.BlocksDecoded);
            Assert.InRange(whole.FilesOpened, 1, readers);
            var part = await Pixels.ReadAsync(mosaic, inner, readers);
            int columns = ((700 + halo - 1) / blockWidth) - ((300 - halo) / blockWidth) + 1;
            int rows = ((700 + halo - 1) / blockHeight) - ((100 - halo) / blockHeight) + 1;
            Assert.Equal(columns * rows, part.BlocksDecoded);
            whole.AssertSame(part);
        }

        static int Ceiling(int a, int b) => (a + b - 1) / b;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_large_jp2_without_tiles_is_decoded_once_from_top_to_bottom(int readers)
    {
        const int Width = 2300, Height = 2500;
        using var scene = new Scene();
        var options = new Scene.Options
        {
            Creation = ["QUALITY=8", "REVERSIBLE=NO", "YCC=YES", $"BLOCKXSIZE={Width}", $"BLOCKYSIZE={Height}"],
            Value = (band, x, y) => 60 + (band * 20) + (((x / 7) ^ (y / 5)) & 63),
        };
        scene.Write("a.jp2", 0, 0, Width, Height, options);
        var mosaic = scene.Open(Scene.Product("rvb", [1, 2, 3], scene["a.jp2"]));
        var expected = new float[Width * Height];
        using (var raster = Raster.Open(scene["a.jp2"]))
            raster.Read<float>(0, 0, Width, Height, [2], expected);
        var whole = await Pixels.ReadAsync(mosaic, mosaic.Bounds, readers);
        Assert.Equal(expected, whole.Channels[1]);
        Assert.Equal((10, 1), (whole.BlocksDecoded, whole.FilesOpened));
        var part = await Pixels.ReadAsync(mosaic, new GridRect(mosaic.Bounds.X + 901, mosaic.Bounds.Y + 300, 333, 1901), readers);
        whole.AssertSame(part);
        Assert.Equal(8, part.BlocksDecoded);
    }

    [Fact]
    public async Task A_jp2_of_sixteen_bits_reads_as_floats()
    {
        using var scene = new Scene();
        scene.Write("a.jp2", 0, 0, 300, 200, new Scene.Options { Type = GdalType.UInt16, Creation = LosslessJp2, Value = (band, x, y) => (1000 * band) + x + y });
        var mosaic = scene.Open(Scene.Product("rvb", [2], scene["a.jp2"]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.Equal(2000 + 299 + 199, pixels[0, mosaic.Bounds.Right - 1, mosaic.Bounds.Bottom - 1]);
    }

    [Fact]
    public async Task Bands_come_from_products_that_are_cut_otherwise()
    {
        using var scene = new Scene();
        scene.Write("rvb/a.tif", 0, 0, 300, 300);
        scene.Write("rvb/b.tif", 300, 0, 300, 300);
        var other = new Scene.Options { Value = (band, x, y) => Scene.Noise(band + 10, x, y) };
        scene.Write("irc/p.tif", 0, 0, 450, 300, other);
        scene.Write("irc/q.tif", 450, 0, 150, 300, other);
        var mosaic = scene.Open(Scene.Product("rvb", [1, 2, 3], scene["rvb"]), Scene.Product("irc", [1], scene["irc"]));
        Assert.Equal(4, mosaic.ChannelCount);
        Assert.Equal(["a", "b"], mosaic.Tiles.Select(tile => tile.Name));
        Assert.Equal([scene["irc/p.tif"], scene["irc/q.tif"], scene["rvb/b.tif"]], mosaic.Tiles[1].Files);
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        for (int x = 0; x < 600; x++)
        {
            Assert.Equal(Scene.Noise(2, x, 150), pixels[1, mosaic.Bounds.X + x, mosaic.Bounds.Y + 150]);
            Assert.Equal(Scene.Noise(11, x, 150), pixels[3, mosaic.Bounds.X + x, mosaic.Bounds.Y + 150]);
        }
    }

    [Fact]
    public async Task Sixteen_bits_read_as_floats()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 60, 60, new Scene.Options { Type = GdalType.UInt16, Value = (band, x, y) => (1000 * band) + x + y });
        var mosaic = scene.Open(Scene.Product("rvb", [2], scene["a.tif"]));
        Assert.Equal((SampleType.Float32, GdalType.UInt16), (mosaic.Samples, mosaic.ImageryType));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.Equal(2059, pixels[0, mosaic.Bounds.Right - 1, mosaic.Bounds.Y]);
    }

    [Fact]
    public async Task A_newer_tile_covers_an_older_one()
    {
        using var scene = new Scene();
        scene.Write("33-2021-0410-6425-LA93-0M20-E080.tif", 0, 0, 100, 100, new Scene.Options { Value = (_, _, _) => 21 });
        scene.Write("33-2024-0411-6425-LA93-0M20-E080.tif", 50, 0, 100, 100, new Scene.Options { Value = (_, _, _) => 24 });
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene.Folder));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.Equal([21f, 24f, 24f], new[] { 49, 50, 120 }.Select(x => pixels[0, mosaic.Bounds.X + x, mosaic.Bounds.Y]));
    }

    [Fact]
    public async Task What_is_truncated_is_a_failure_and_the_rest_is_read()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 600, 600, new Scene.Options { Creation = TiledTiff });
        scene.Write("b.tif", 600, 0, 600, 600, new Scene.Options { Creation = TiledTiff });
        using (var file = new FileStream(scene["a.tif"], FileMode.Open))
            file.SetLength(file.Length * 2 / 3);
        var mosaic = scene.Open(Scene.Product("rvb", [1, 2, 3], scene.Folder));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        var failure = Assert.Single(pixels.Failures.DistinctBy(each => each.Path));
        Assert.Equal(scene["a.tif"], failure.Path);
        Assert.NotEmpty(failure.Message);
        int top = pixels.Failures.Min(each => each.Area.Y) - mosaic.Bounds.Y;
        Assert.InRange(top, 128, 512);
        for (int y = 0; y < 600; y++)
        {
            Assert.True(pixels.IsKnown(mosaic.Bounds.X + 900, mosaic.Bounds.Y + y));
            Assert.Equal(Scene.Noise(1, 900, y), pixels[0, mosaic.Bounds.X + 900, mosaic.Bounds.Y + y]);
            Assert.True(y >= top || pixels.IsKnown(mosaic.Bounds.X + 5, mosaic.Bounds.Y + y));
        }

        Assert.False(pixels.IsKnown(mosaic.Bounds.X, mosaic.Bounds.Bottom - 1));
        Assert.Equal(0, pixels[0, mosaic.Bounds.X, mosaic.Bounds.Bottom - 1]);
    }

    [Fact]
    public async Task A_truncated_jp2_is_a_failure()
    {
        using var scene = new Scene();
        scene.Write("a.jp2", 0, 0, 600, 600, new Scene.Options { Creation = LosslessJp2 });
        var mosaic = scene.Open(Scene.Product("rvb", [1, 2, 3], scene.Folder));
        using (var file = new FileStream(scene["a.jp2"], FileMode.Open))
            file.SetLength(file.Length / 2);
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.NotEmpty(pixels.Failures);
        Assert.True(pixels.IsKnown(mosaic.Bounds.X, mosaic.Bounds.Y));
        Assert.Equal(Scene.Noise(1, 0, 0), pixels[0, mosaic.Bounds.X, mosaic.Bounds.Y]);
        Assert.False(pixels.IsKnown(mosaic.Bounds.Right - 1, mosaic.Bounds.Bottom - 1));
    }

    [Fact]
    public async Task A_file_that_vanishes_is_a_failure()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 300, 300);
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene.Folder));
        File.Delete(scene["a.tif"]);
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds);
        Assert.Equal(mosaic.Bounds, Assert.Single(pixels.Failures).Area);
        Assert.DoesNotContain((byte)1, pixels.Known);
    }

    [Fact]
    public async Task Cancelling_stops_it()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 300, 300);
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene.Folder));
        using var reader = new AreaReader(mosaic, mosaic.Bounds, new ReadOptions(1));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reader.ReadAsync(0, cancelled.Token));
    }

    [Fact]
    public async Task FLAIR_1_sees_the_declared_value_beyond_the_edge()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 50, 50, new Scene.Options { Nodata = 255, Value = (_, _, _) => 255 });
        var mosaic = scene.Open(settings => settings with { FlairDetect = new() { OutputName = "x" } }, Scene.Product("scene", [1, 2], scene["a.tif"]));
        var pixels = await Pixels.ReadAsync(mosaic, mosaic.Bounds.Inflate(10));
        Assert.All(pixels.Channels[1], value => Assert.Equal(255, value));
        Assert.Equal(2500, pixels.Known.Count(known => known == 1));
    }

    [Theory]
    [InlineData(1, 256)]
    [InlineData(10, 250)]
    [InlineData(128, 256)]
    [InlineData(256, 256)]
    [InlineData(300, 300)]
    [InlineData(512, 256)]
    [InlineData(1000, 250)]
    [InlineData(1024, 256)]
    [InlineData(25000, 256)]
    public void Strips_lie_on_blocks(int block, int step)
    {
        foreach (int top in new[] { -5300, -300, 0, 90 })
        {
            var area = new GridRect(-7, top, 100, 5000);
            var strips = StripPlan.Cut(area, [(area with { Y = 100 }, block)]);
            AssertCover(area, strips);
            Assert.All(strips.Skip(1), strip => Assert.Equal(0, (strip.Y - 100) % step));
        }
    }

    [Fact]
    public void Strips_of_a_column_of_files_lie_on_the_blocks_of_each()
    {
        var area = new GridRect(0, -200, 1000, 7290);
        (GridRect, int)[] files = [(new(0, 5000, 1000, 5000), 1024), (new(0, -2000, 1000, 2000), 700), (new(0, 0, 1000, 5000), 1024), (new(900, 0, 1000, 5000), 64)];
        var strips = StripPlan.Cut(area, files);
        AssertCover(area, strips);
        Assert.Subset(strips.Select(strip => strip.Y).ToHashSet(), new HashSet<int> { 0, 1024, 2048, 3072, 4096, 5000, 6024 });
    }

    private static void AssertCover(GridRect area, IReadOnlyList<GridRect> strips)
    {
        Assert.Equal(area, strips.Aggregate((a, b) => a.Union(b)));
        Assert.Equal(area.Area, strips.Sum(strip => strip.Area));
        Assert.All(strips, strip => Assert.InRange(strip.Height, 1, 512));
        Assert.All(strips.Skip(1).SkipLast(1), strip => Assert.InRange(strip.Height, 128, 512));
    }
}
