using Flair.Gdal;
using Flair.Indexing;
using Flair.Running;
using Flair.Settings;

namespace Flair.Tests.Running;

/// <summary>A directory with small three-band tiles of one continuous picture, and the settings that map it.</summary>
internal sealed class Scene : IDisposable
{
    public const int TileSize = 150;

    public Scene()
    {
        GdalRuntime.Initialize();
        Root = Directory.CreateTempSubdirectory("flair-scene-").FullName;
    }

    public string Root { get; }

    public string Input => Path.Combine(Root, "input");

    public static RunSettings Settings(string input, string output) => new()
    {
        Output = output,
        Inputs = [new ProductSettings { Name = "rgb", Paths = [input], Bands = [1, 2, 3] }],
        Model = new ModelSettings { Architecture = "resnet18_unet", Weights = "formula", Classes = "flair-12" },
        Normalization = new NormalizationSettings { Means = [105, 110, 101], Stds = [52, 45, 44] },
        Window = new WindowSettings { Size = 64, Margin = 16 },
        BatchSize = 4,
        Device = "cpu",
        Nodata = new NodataSettings { Solid = 8 },
        Outputs = new OutputSettings { Confidence = true },
    };

    public string Output(string name) => Path.Combine(Root, name);

    public RunSettings Settings(string output) => Settings(Input, Output(output));

    /// <summary>Writes <paramref name="columns"/> × <paramref name="rows"/> tiles, or their mosaic as one file.</summary>
    public void Write(string directory, int columns, int rows, bool asMosaic = false, byte? nodata = null, Func<int, int, bool>? hole = null)
    {
        var path = Path.Combine(Root, directory);
        Directory.CreateDirectory(path);
        if (asMosaic)
        {
            WriteTile(Path.Combine(path, "mosaic.tif"), 0, 0, columns * TileSize, rows * TileSize, nodata, hole);
            return;
        }

        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
                WriteTile(Path.Combine(path, $"tile-{row}-{column}.tif"), column * TileSize, row * TileSize, TileSize, TileSize, nodata, hole);
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public static byte Pixel(int band, int x, int y)
    {
        var wave = Math.Sin((x * 0.11) + band) + Math.Cos((y * 0.07) - (band * 2)) + Math.Sin(((x * 3) + (y * 5)) * 0.31);
        return (byte)(120 + (38 * wave));
    }

    public static byte[] Classes(string path)
    {
        using var raster = Raster.Open(path);
        var pixels = new byte[raster.Width * raster.Height];
        raster.Read<byte>(0, 0, raster.Width, raster.Height, [1], pixels);
        return pixels;
    }

    private static void WriteTile(string path, int x0, int y0, int width, int height, byte? nodata, Func<int, int, bool>? hole)
    {
        var pixels = new byte[3 * width * height];
        for (var band = 0; band < 3; band++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                    pixels[(((band * height) + y) * width) + x] = hole?.Invoke(x0 + x, y0 + y) == true ? nodata!.Value : Pixel(band, x0 + x, y0 + y);
            }
        }

        using var raster = Raster.Create("GTiff", path, width, height, 3, GdalType.Byte, "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE");
        raster.SetCrs("EPSG:2154");
        raster.SetGeoTransform([650003.2 + (x0 * 0.2), 0.2, 0, 6860011.4 - (y0 * 0.2), 0, -0.2]);
        if (nodata is { } value)
        {
            for (var band = 1; band <= 3; band++)
                raster.SetNodata(band, value);
        }

        raster.Write<byte>(0, 0, width, height, [1, 2, 3], pixels);
    }
}

/// <summary>Keeps what a run tells, and may stop it after some tiles.</summary>
internal sealed class Recorder(int stopAfter = int.MaxValue, Action? started = null) : IRunObserver, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public CancellationToken Stop => _stop.Token;

    public RunPlan? Plan { get; private set; }

    public List<string> Notices { get; } = [];

    public List<TileRow> Tiles { get; } = [];

    public void Started(RunPlan plan)
    {
        Plan = plan;
        started?.Invoke();
    }

    public void Notice(string message) => Notices.Add(message);

    public void Progress(RunSnapshot snapshot)
    {
    }

    public void TileFinished(TileRow tile)
    {
        Tiles.Add(tile);
        if (Tiles.Count >= stopAfter)
            _stop.Cancel();
    }

    public void Dispose() => _stop.Dispose();
}
