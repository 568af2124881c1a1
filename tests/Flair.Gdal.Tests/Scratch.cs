namespace Flair.Gdal.Tests;

/// <summary>A folder of a test's own, removed at its end.</summary>
public abstract class Scratch : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flair-gdal-");

    protected string At(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Values that no codec compresses to nothing and that differ from band to band.</summary>
    protected static byte[] Noise(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static void WriteTiff(string path, byte[] planar, int width, int height, int bands, params string[] options)
    {
        using var raster = Raster.Create("GTiff", path, width, height, bands, GdalType.Byte, options);
        raster.SetGeoTransform([700000, 0.2, 0, 6600000, 0, -0.2]);
        raster.SetCrs("EPSG:2154");
        raster.Write<byte>(0, 0, width, height, [.. Enumerable.Range(1, bands)], planar);
        raster.Close();
    }
}
