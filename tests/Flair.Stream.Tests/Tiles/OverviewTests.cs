using Flair.Gdal;
using Flair.Settings;
using Flair.Source;
using Flair.Tiles;

namespace Flair.Tests.Tiles;

/// <summary>The overviews that are made while rows stream in, beside GDAL's own and beside their definition.</summary>
public sealed class OverviewTests : IDisposable
{
    private readonly TileFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1024, 1536, 1)]
    [InlineData(2304, 640, 2)]
    [InlineData(2048, 2176, 3)]
    public void Overviews_are_those_of_GDAL(int width, int height, int seed)
    {
        var rect = new GridRect(5, 5, width, height);
        var (codes, confidence, probabilities) = Random(rect, seed);
        Write("own", rect, codes, confidence, probabilities, [1, 100, 7, 128, 300]);

        Compare("own.tif", rect, codes, "MODE", 255);
        Compare("own_confidence.tif", rect, confidence, "AVERAGE", 0);
        Compare("own_prob.tif", rect, probabilities, "AVERAGE", null);
    }

    [Theory]
    [InlineData(1031, 1027)]
    [InlineData(515, 2)]
    [InlineData(1, 1100)]
    [InlineData(3, 2051)]
    public void Odd_edges_are_made_of_what_is_there(int width, int height)
    {
        var rect = new GridRect(5, 5, width, height);
        var (codes, confidence, probabilities) = Random(rect, 4);
        Write("odd", rect, codes, confidence, probabilities, [33]);

        foreach (var (file, kind, full) in new[] { ("odd.tif", TileLayerKind.Classes, codes), ("odd_confidence.tif", TileLayerKind.Confidence, confidence) })
        {
            using var raster = Raster.Open(_folder.At(file));
            Assert.NotEqual(0, raster.OverviewCount(1));
            byte[] finer = full;
            int finerWidth = width, factor = 1;
            for (var level = 0; level < raster.OverviewCount(1); level++)
            {
                factor *= 2;
                var (columns, rows) = raster.OverviewSize(1, level);
                Assert.Equal(((width + factor - 1) / factor, (height + factor - 1) / factor), (columns, rows));
                var expected = Reduce(finer, finerWidth, kind == TileLayerKind.Classes ? Mode : Mean);
                Assert.Equal(expected, Level(file, level, 1));
                (finer, finerWidth) = (expected, columns);
            }
        }
    }

    /// <summary>Patches with uneven edges, noise, and holes of nodata, some of single pixels.</summary>
    private static (byte[] Codes, byte[] Confidence, byte[] Probabilities) Random(GridRect rect, int seed)
    {
        var random = new Random(seed);
        byte[] codes = new byte[rect.Area], confidence = new byte[rect.Area], probabilities = new byte[3 * rect.Area];
        for (var i = 0; i < codes.Length; i++)
        {
            int x = i % rect.Width, y = i / rect.Width;
            var calm = (x / 256) + (y / 256);
            codes[i] = random.Next(calm % 3 == 0 ? 400 : 12) switch
            {
                < 3 => (byte)random.Next(3),
                3 => 255,
                _ => (byte)(((x / 19) + (y / 31)) % 3),
            };
            if (x % 700 < 90 && y % 500 < 70)
                codes[i] = 255;
            confidence[i] = codes[i] == 255 ? (byte)0 : (byte)random.Next(86, 256);
            for (var band = 0; band < 3; band++)
                probabilities[(band * codes.Length) + i] = codes[i] == 255 ? (byte)0 : (byte)random.Next(256);
        }

        return (codes, confidence, probabilities);
    }

    private void Write(string name, GridRect rect, byte[] codes, byte[] confidence, byte[] probabilities, int[] chunks)
    {
        using var writer = new TileWriter(_folder.Job(name, rect, new OutputSettings { Confidence = true, Probabilities = true }));
        for (int y = 0, turn = 0; y < rect.Height; turn++)
        {
            int rows = Math.Min(chunks[turn % chunks.Length], rect.Height - y), from = y * rect.Width, pixels = rows * rect.Width;
            var planar = new byte[3 * pixels];
            for (var band = 0; band < 3; band++)
                probabilities.AsSpan((band * codes.Length) + from, pixels).CopyTo(planar.AsSpan(band * pixels));
            writer.WriteRows(rows, codes.AsSpan(from, pixels), confidence.AsSpan(from, pixels), planar);
            y += rows;
        }

        writer.Finish();
    }

    private void Compare(string file, GridRect rect, byte[] planar, string resampling, double? nodata)
    {
        var bands = planar.Length / (int)rect.Area;
        var path = _folder.At("gdal-" + file);
        using (var raster = Raster.Create("GTiff", _folder.At("rows-" + file), rect.Width, rect.Height, bands, GdalType.Byte, "INTERLEAVE=BAND"))
        {
            for (var band = 1; nodata is { } value && band <= bands; band++)
                raster.SetNodata(band, value);
            raster.Write<byte>(0, 0, rect.Width, rect.Height, [.. Enumerable.Range(1, bands)], planar);
            raster.Flush();
            raster.CreateCopy("COG", path, $"OVERVIEW_RESAMPLING={resampling}", "BLOCKSIZE=512").Close();
        }

        using var cog = Raster.Open(path);
        using var own = Raster.Open(_folder.At(file));
        Assert.NotEqual(0, cog.OverviewCount(1));
        Assert.Equal(cog.OverviewCount(1), own.OverviewCount(1));
        for (var level = 0; level < cog.OverviewCount(1); level++)
        {
            Assert.Equal(cog.OverviewSize(1, level), own.OverviewSize(1, level));
            for (var band = 1; band <= bands; band++)
                Assert.Equal(Level("gdal-" + file, level, band), Level(file, level, band));
        }
    }

    private byte[] Level(string file, int level, int band)
    {
        using var raster = Raster.Open(_folder.At(file), update: false, $"OVERVIEW_LEVEL={level}");
        var pixels = new byte[raster.Width * raster.Height];
        raster.Read<byte>(0, 0, raster.Width, raster.Height, [band], pixels);
        return pixels;
    }

    private static byte[] Reduce(byte[] finer, int width, Func<List<byte>, byte> rule)
    {
        const int factor = 2;
        int height = finer.Length / width, columns = (width + factor - 1) / factor, rows = (height + factor - 1) / factor;
        var reduced = new byte[columns * rows];
        for (var i = 0; i < reduced.Length; i++)
        {
            var square = new List<byte>();
            for (var y = i / columns * factor; y < Math.Min(height, ((i / columns) + 1) * factor); y++)
            {
                for (var x = i % columns * factor; x < Math.Min(width, ((i % columns) + 1) * factor); x++)
                    square.Add(finer[(y * width) + x]);
            }

            reduced[i] = rule(square);
        }

        return reduced;
    }

    private static byte Mode(List<byte> square)
    {
        var counts = new int[256];
        var most = 0;
        byte winner = 255;
        foreach (var code in square.Where(code => code != 255))
        {
            counts[code]++;
            if (counts[code] > most)
                (most, winner) = (counts[code], code);
        }

        return winner;
    }

    private static byte Mean(List<byte> square)
    {
        var known = square.Where(value => value != 0).ToList();
        return known.Count == 0 ? (byte)0 : (byte)Math.Round(known.Average(value => (double)value), MidpointRounding.AwayFromZero);
    }
}
