using Flair.Gdal;
using Flair.Tests.Running;

namespace Flair.Tests.Simulation;

/// <summary>A row of small tiles of one picture, side by side and all of one unit, so that all input is read before the first tile is finished.</summary>
internal static class SimulatedScene
{
    public const int Window = 32;
    private const int Width = 72;
    private const int Height = 56;
    private const double Pixel = 0.2;
    private const double Left = 650_099.2;
    private const double Top = 6_860_011.4;

    public static void Write(string directory, IReadOnlyList<string> tiles)
    {
        GdalRuntime.Initialize();
        Directory.CreateDirectory(directory);
        for (int i = 0; i < tiles.Count; i++)
        {
            var pixels = new byte[3 * Width * Height];
            for (int p = 0; p < pixels.Length; p++)
                pixels[p] = Scene.Pixel(p / (Width * Height), (i * Width) + (p % Width), p / Width % Height);
            using var raster = Raster.Create("GTiff", Path.Combine(directory, tiles[i] + ".tif"), Width, Height, 3, GdalType.Byte, "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32", "COMPRESS=DEFLATE");
            raster.SetCrs("EPSG:2154");
            raster.SetGeoTransform([Left + (i * Width * Pixel), Pixel, 0, Top, 0, -Pixel]);
            raster.Write<byte>(0, 0, Width, Height, [1, 2, 3], pixels);
        }
    }
}
