using Flair.Gdal;
using Flair.Settings;

namespace Flair.Tests.Evaluation;

/// <summary>A folder of patches of three bands, with their list.</summary>
internal sealed class PatchFolder
{
    private readonly List<string> _lines = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory().FullName;

    /// <summary>The name of an image, without folder: FLAIR-1's way.</summary>
    public static string Name(int number) => $"IMG_{number:000000}.tif";

    /// <summary>Adds a patch whose pixels are all drawn from its number.</summary>
    /// <returns>The path of the image.</returns>
    public string Add(int number, int width = 64, int height = 64, byte[]? mask = null, string folder = "img", params string[] options)
    {
        var image = Path.Combine(Folder, folder, Name(number));
        Directory.CreateDirectory(Path.GetDirectoryName(image)!);
        using (var raster = Raster.Create("GTiff", image, width, height, 3, GdalType.Byte, options))
        {
            raster.SetCrs("EPSG:2154");
            raster.SetGeoTransform([900000 + number, 0.2, 0, 6500000, 0, -0.2]);
            raster.Write<byte>(0, 0, width, height, [1, 2, 3], Pixels(number, width, height));
            raster.Close();
        }

        var line = image;
        if (mask is not null)
        {
            var path = Path.Combine(Folder, "msk", $"MSK_{number:000000}.tif");
            WriteMask(path, width, height, mask);
            line += "," + path;
        }

        _lines.Add(line);
        File.WriteAllLines(Path.Combine(Folder, "test.csv"), _lines);
        return image;
    }

    public static void WriteMask(string path, int width, int height, byte[] values)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var raster = Raster.Create("GTiff", path, width, height, 1, GdalType.Byte);
        raster.Write<byte>(0, 0, width, height, [1], values);
        raster.Close();
    }

    /// <summary>[band, row, column].</summary>
    public static byte[] Pixels(int number, int width, int height)
    {
        var pixels = new byte[3 * width * height];
        new Random(number).NextBytes(pixels);
        return pixels;
    }

    /// <summary>The band with the largest value, of equal ones the first.</summary>
    public static byte[] Brightest(int number, int width, int height)
    {
        var pixels = Pixels(number, width, height);
        var plane = width * height;
        return [.. Enumerable.Range(0, plane).Select(i => (byte)Enumerable.Range(0, 3).MaxBy(band => (pixels[(band * plane) + i], -band)))];
    }

    public TrainingSettings Settings(int batchSize = 4) => new()
    {
        Output = Path.Combine(Folder, "out"),
        Name = "model",
        TestCsv = Path.Combine(Folder, "test.csv"),
        Architecture = "resnet18_unet",
        Channels = [1, 2, 3],
        Classes = [new(1, 1, "one"), new(2, 1, "two"), new(3, 0, "three")],
        BatchSize = batchSize,
    };
}
