using System.Numerics;

namespace Flair.Toy;

/// <summary>
/// A rectangle of the landscape in the making, row by row: sunlit colour (red, green, blue, near infrared, 0 to 255), terrain, height
/// above it (metres) and class of each 0.2 m pixel. Pixel (0, 0) of the landscape has its north-west corner at the origin.
/// </summary>
internal sealed class ToyCanvas(int x, int y, int width, int height)
{
    public int X { get; } = x;

    public int Y { get; } = y;

    public int Width { get; } = width;

    public int Height { get; } = height;

    public Vector4[] Color { get; } = new Vector4[width * height];

    public float[] Terrain { get; } = new float[width * height];

    public float[] Above { get; } = new float[width * height];

    public byte[] Label { get; } = new byte[width * height];

    /// <summary>Metres east of the origin of the middle of a column.</summary>
    public double U(int column) => (X + column + 0.5) * ToyWorld.Pixel;

    /// <summary>Metres south of the origin of the middle of a row.</summary>
    public double V(int row) => (Y + row + 0.5) * ToyWorld.Pixel;

    /// <summary>Runs an action over bands of rows on all cores; the bands are independent of each other.</summary>
    public void ByBands(Action<int, int> action)
    {
        const int band = 32;
        Parallel.For(0, (Height + band - 1) / band, k => action(k * band, Math.Min(Height, (k + 1) * band)));
    }
}
