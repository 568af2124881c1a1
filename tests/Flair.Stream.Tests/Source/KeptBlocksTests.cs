using Flair.Gdal;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Windowing;

namespace Flair.Tests.Source;

public sealed class KeptBlocksTests : IDisposable
{
    private const int Side = 400;
    private const string Tiled = "TILED=YES,BLOCKXSIZE=128,BLOCKYSIZE=128,COMPRESS=DEFLATE";
    private const string Large = "TILED=YES,BLOCKXSIZE=256,BLOCKYSIZE=256,COMPRESS=DEFLATE";
    private const string Striped = "BLOCKYSIZE=10,COMPRESS=LZW";
    private const string Jp2 = "QUALITY=100,REVERSIBLE=YES,YCC=NO,BLOCKXSIZE=256,BLOCKYSIZE=256";

    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(2, ".tif", Tiled, 1)]
    [InlineData(3, ".tif", Tiled, 3)]
    [InlineData(3, ".tif", Large, 2)]
    [InlineData(3, ".tif", Striped, 2)]
    [InlineData(2, ".jp2", Jp2, 1)]
    [InlineData(3, ".jp2", Jp2, 3)]
    public async Task Every_block_is_decoded_once_a_run(int tiles, string extension, string creation, int readers)
    {
        var mosaic = Write(tiles, extension, creation, heights: true);
        var units = Units(mosaic);
        using var kept = Keep(units);
        var (blocks, read) = await ReadAsync(mosaic, units, kept, readers);
        var (again, expected) = await ReadAsync(mosaic, units, null, readers);
        Assert.Equal(BlocksOf(mosaic, extension, creation), blocks);
        Assert.True(again > blocks, $"{again} blocks were to be decoded again, of {blocks}");
        Same(expected, read);
        AssertNothingLeft(kept);
    }

    [Fact]
    public async Task An_image_without_tiles_is_decoded_once_a_run()
    {
        const int Width = 2300, Height = 2500;
        var options = new Scene.Options
        {
            Creation = ["QUALITY=8", "REVERSIBLE=NO", "YCC=YES", $"BLOCKXSIZE={Width}", $"BLOCKYSIZE={Height}"],
            Value = (band, x, y) => 60 + (band * 20) + (((x / 7) ^ (y / 5)) & 63),
        };
        _scene.Write("rvb/a.jp2", 0, 0, Width, Height, options);
        _scene.Write("rvb/b.jp2", Width, 0, Width, Height, options);
        var mosaic = _scene.Open(Scene.Product("rvb", [1, 2, 3], _scene["rvb"]));
        var units = Units(mosaic);
        using var kept = Keep(units);
        var (blocks, read) = await ReadAsync(mosaic, units, kept, readers: 1);
        var (again, expected) = await ReadAsync(mosaic, units, null, readers: 1);
        Assert.Equal((20, 40), (blocks, again));
        Same(expected, read);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    public async Task What_finds_no_room_is_decoded_again(long most)
    {
        var mosaic = Write(3, ".tif", Large, heights: false);
        var units = Units(mosaic);
        using var kept = new KeptBlocks(units, _scene["kept"], most);
        var (blocks, read) = await ReadAsync(mosaic, units, kept, 2, () => Assert.InRange(kept.Bytes, 0, most));
        var (again, expected) = await ReadAsync(mosaic, units, null);
        var once = BlocksOf(mosaic, ".tif", Large);
        Assert.InRange(blocks, most == 0 ? again : once + 1, most == 0 ? again : again - 1);
        Same(expected, read);
        AssertNothingLeft(kept);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_disk_that_fills_up_fails_nothing(int writes)
    {
        var mosaic = Write(2, ".tif", Large, heights: false);
        var units = Units(mosaic);
        var count = 0;
        long Free()
        {
            // The files go, and no other can be made, as on a disk that breaks; a full one refuses in the same way.
            if (count++ == writes)
            {
                Directory.Delete(_scene["kept"], recursive: true);
                File.WriteAllBytes(_scene["kept"], []);
            }

            return long.MaxValue;
        }

        using var kept = new KeptBlocks(units, _scene["kept"], KeptBlocks.MostBytes, Free);
        var (blocks, read) = await ReadAsync(mosaic, units, kept, readers: 1);
        var (again, expected) = await ReadAsync(mosaic, units, null);
        Assert.Equal(writes + 1, count);
        Assert.Equal(again, blocks);
        Same(expected, read);
    }

    [Fact]
    public async Task Nothing_is_kept_where_the_outputs_would_find_no_room()
    {
        var mosaic = Write(2, ".tif", Large, heights: false);
        var units = Units(mosaic);
        using var kept = new KeptBlocks(units, _scene["kept"], KeptBlocks.MostBytes, () => 1000);
        var (blocks, read) = await ReadAsync(mosaic, units, kept, 2, () => Assert.Equal(0, kept.Bytes));
        var (again, expected) = await ReadAsync(mosaic, units, null);
        Assert.Equal(again, blocks);
        Same(expected, read);
    }

    [Fact]
    public async Task A_block_that_cannot_be_decoded_is_told_to_every_unit_that_needs_it()
    {
        var mosaic = Write(2, ".tif", Large, heights: false);
        var path = mosaic.Tiles[3].PrimaryFile;
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        var units = Units(mosaic);
        using var kept = Keep(units);
        var (_, read) = await ReadAsync(mosaic, units, kept);
        var (_, expected) = await ReadAsync(mosaic, units, null);
        Assert.Contains(expected, unit => unit.Failures.Count > 0);
        foreach (var (one, other) in expected.Zip(read))
        {
            Assert.Equal(Areas(one), Areas(other));
            Assert.Equal(one.Known, other.Known);
        }

        static IEnumerable<string> Areas(Pixels pixels) => pixels.Failures.Select(failure => $"{failure.Path} {failure.Area}").Order(StringComparer.Ordinal);
    }

    private KeptBlocks Keep(IReadOnlyList<GridRect> units) => new(units, _scene["kept"]);

    private Mosaic Write(int tiles, string extension, string creation, bool heights)
    {
        for (int x = 0; x < tiles; x++)
        {
            for (int y = 0; y < tiles; y++)
            {
                _scene.Write($"rvb/t{x}_{y}{extension}", x * Side, y * Side, Side, Side, new Scene.Options { Creation = creation.Split(',') });
                if (!heights)
                    continue;
                var elevation = new Scene.Options { Bands = 1, Type = GdalType.Float32, Pixel = 0.5, Creation = Tiled.Split(','), Value = (_, column, row) => 20 + Scene.Noise(1, column, row) };
                _scene.Write($"mns/t{x}_{y}.tif", x * 160, y * 160, 160, 160, elevation);
            }
        }

        var rvb = Scene.Product("rvb", [3, 1], _scene["rvb"]);
        return heights ? _scene.Open(rvb, Scene.Height([_scene["mns"]], [])) : _scene.Open(rvb);
    }

    /// <summary>What each tile's unit reads, in order.</summary>
    private static GridRect[] Units(Mosaic mosaic)
    {
        var lattice = new GridLattice(new WindowSettings { Size = 128, Margin = 32 }, StitchMode.Blend);
        return [.. mosaic.Tiles.Select(tile => new UnitState(new WorkUnit([tile]), lattice, mosaic.Covers).ReadArea)];
    }

    private static async Task<(long Blocks, IReadOnlyList<Pixels> Units)> ReadAsync(
        Mosaic mosaic, IReadOnlyList<GridRect> units, KeptBlocks? kept, int readers = 2, Action? afterUnit = null)
    {
        List<Pixels> read = [];
        foreach (var (i, area) in units.Index())
        {
            read.Add(await Pixels.ReadAsync(mosaic, area, readers, kept: kept, unit: i));
            afterUnit?.Invoke();
        }

        return (read.Sum(unit => unit.BlocksDecoded), read);
    }

    private static void Same(IReadOnlyList<Pixels> expected, IReadOnlyList<Pixels> read)
    {
        foreach (var (one, other) in expected.Zip(read))
            one.AssertSame(other);
    }

    private static long BlocksOf(Mosaic mosaic, string extension, string creation)
    {
        var (width, height) = extension == ".jp2" || creation == Large ? (256, 256) : creation == Tiled ? (128, 128) : (Side, 10);
        long elevation = mosaic.Heights.Count > 0 ? 4 : 0;
        return mosaic.Tiles.Count * (((Side + width - 1) / width * ((Side + height - 1) / height)) + elevation);
    }

    private void AssertNothingLeft(KeptBlocks kept)
    {
        Assert.Equal(0, kept.Bytes);
        Assert.False(Directory.Exists(_scene["kept"]) && Directory.EnumerateFileSystemEntries(_scene["kept"]).Any());
    }
}
