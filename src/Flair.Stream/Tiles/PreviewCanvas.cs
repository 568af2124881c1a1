using Flair.Gdal;

namespace Flair.Tiles;

/// <summary>An RGB picture in memory, white at first.</summary>
internal sealed class PreviewCanvas
{
    private readonly int _width;
    private readonly int _height;
    private readonly byte[] _planar;

    /// <summary>A picture of that size.</summary>
    public PreviewCanvas(int width, int height)
    {
        (_width, _height) = (width, height);
        _planar = new byte[3 * width * height];
        Array.Fill(_planar, byte.MaxValue);
    }

    /// <summary>Sets a pixel; one outside is ignored.</summary>
    public void Set(int x, int y, (byte R, byte G, byte B) color)
    {
        if (x < 0 || y < 0 || x >= _width || y >= _height)
            return;
        int plane = _width * _height, at = (y * _width) + x;
        (_planar[at], _planar[plane + at], _planar[(2 * plane) + at]) = color;
    }

    /// <summary>Fills a rectangle.</summary>
    public void Fill(int x, int y, int width, int height, (byte R, byte G, byte B) color)
    {
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
                Set(x + column, y + row, color);
        }
    }

    /// <summary>Writes a line of text in near-black.</summary>
    public void Text(int x, int y, int dot, string text)
    {
        foreach (var (dotX, dotY) in PreviewText.Dots(text))
            Fill(x + (dotX * dot), y + (dotY * dot), dot, dot, (32, 32, 32));
    }

    /// <summary>Saves it as PNG.</summary>
    public unsafe void Save(string path)
    {
        fixed (byte* memory = _planar)
        {
            using var raster = Raster.Wrap(memory, _width, _height, 3, GdalType.Byte, 1, _width, (long)_width * _height);
            raster.CreateCopy("PNG", path, "ZLEVEL=3").Close();
        }
    }
}
