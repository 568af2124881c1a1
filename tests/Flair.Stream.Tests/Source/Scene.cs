using Flair.Gdal;
using Flair.Settings;

namespace Flair.Tests.Source;

/// <summary>Writes rasters into a directory of its own, removed at the end. Pixels are functions of their place, so cuts agree.</summary>
internal sealed class Scene : IDisposable
{
    public const double West = 410000;
    public const double North = 6425000;

    public Scene() => Folder = Directory.CreateTempSubdirectory("flair-source-").FullName;

    public string Folder { get; }

    public List<string> Notices { get; } = [];

    public string this[string name] => Path.Combine(Folder, name);

    /// <summary>A value that looks random, by band, column and row counted from the scene's north-west corner.</summary>
    public static double Noise(int band, int column, int row)
    {
        uint hash = ((uint)band * 0x9E3779B1) ^ ((uint)column * 0x85EBCA77) ^ ((uint)row * 0xC2B2AE3D);
        hash ^= hash >> 15;
        hash *= 0x2C1B3C6D;
        hash ^= hash >> 13;
        return 1 + (hash % 250);
    }

    public string Write(string name, int column, int row, int width, int height, Options? with = null)
    {
        var options = with ?? new Options();
        var path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var memory = Raster.Create("MEM", "", width, height, options.Bands, options.Type);
        if (options.HasGeoTransform)
            memory.SetGeoTransform([options.Left + (column * options.Pixel), options.Pixel, 0, options.Top - (row * options.PixelHeight), 0, -options.PixelHeight]);
        if (options.Crs.Length > 0)
            memory.SetCrs(options.Crs);
        var values = new double[width * height];
        for (int band = 1; band <= options.Bands; band++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                    values[(y * width) + x] = options.Value(band, column + x, row + y);
            }

            memory.Write<double>(0, 0, width, height, [band], values);
            if (options.Nodata is { } nodata)
                memory.SetNodata(band, nodata);
            if (options.AlphaBand == band)
                memory.SetInterpretation(band, ColorInterpretation.Alpha);
        }

        var driver = Path.GetExtension(name) switch { ".jp2" => "JP2OpenJPEG", ".asc" => "AAIGrid", ".vrt" => "VRT", _ => "GTiff" };
        using (var copy = memory.CreateCopy(driver, path, [.. options.Creation]))
            copy.Close();
        return path;
    }

    public Flair.Source.Mosaic Open(params ProductSettings[] inputs) => Open(null, inputs);

    public Flair.Source.Mosaic Open(Func<RunSettings, RunSettings>? change, params ProductSettings[] inputs)
    {
        var settings = new RunSettings { Output = this["out"], Inputs = inputs, Model = new ModelSettings { Architecture = "resnet18_unet", Weights = "formula" } };
        return Flair.Source.Mosaic.Open(change?.Invoke(settings) ?? settings, Notices.Add);
    }

    public static ProductSettings Product(string name, int[] bands, params string[] paths) => new() { Name = name, Bands = bands, Paths = paths };

    public static ProductSettings Height(string[] surface, string[] terrain, double unit = 0.2) =>
        new() { Name = "height", Height = new HeightSettings { Surface = surface, Terrain = terrain, Unit = unit } };

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public sealed record Options
    {
        public int Bands { get; init; } = 3;

        public GdalType Type { get; init; } = GdalType.Byte;

        public double Pixel { get; init; } = 0.2;

        public double? Tall { get; init; }

        public double PixelHeight => Tall ?? Pixel;

        public double Left { get; init; } = West;

        public double Top { get; init; } = North;

        public bool HasGeoTransform { get; init; } = true;

        public string Crs { get; init; } = "EPSG:2154";

        public double? Nodata { get; init; }

        public int AlphaBand { get; init; }

        public Func<int, int, int, double> Value { get; init; } = Noise;

        public IReadOnlyList<string> Creation { get; init; } = [];
    }
}
