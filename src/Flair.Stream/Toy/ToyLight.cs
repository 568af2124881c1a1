using System.Numerics;

namespace Flair.Toy;

/// <summary>
/// Light and camera: slopes shaded by one sun (Lambert's cosine law), shadows cast by height, a blue sky in the shadows, the optics'
/// blur, haze and the sensor's noise; then 8 bits.
/// </summary>
internal sealed class ToyLight
{
    /// <summary>Pixels around a place that have a part in its light: how far the highest things throw shadows, and the blur.</summary>
    public const int Reach = ShadowSteps + 4;

    // The sun stands in the south-east, 48° high, on a summer morning; shadows point north-west.
    private const float SunElevation = 48 * MathF.PI / 180, SunAzimuth = 143 * MathF.PI / 180;
    private const int ShadowSteps = 104;
    private const int Cell = 32;
    private const float Direct = 0.61f;

    private readonly ToyCanvas _canvas;
    private readonly uint _noise;
    private readonly float _east = MathF.Sin(SunAzimuth), _south = -MathF.Cos(SunAzimuth), _rise = MathF.Tan(SunElevation) * (float)ToyWorld.Pixel;
    private readonly float[] _surface;
    private readonly float[] _highest;
    private readonly int _cellsWide;
    private readonly Vector4[] _lit;

    public ToyLight(ToyWorld world, ToyCanvas canvas)
    {
        _canvas = canvas;
        _noise = world.Salt(91);
        _surface = new float[canvas.Color.Length];
        _lit = new Vector4[canvas.Color.Length];
        _cellsWide = (canvas.Width + Cell - 1) / Cell;
        _highest = new float[_cellsWide * ((canvas.Height + Cell - 1) / Cell)];
    }

    /// <summary>Lights the canvas.</summary>
    public void Light()
    {
        _canvas.ByBands((first, last) =>
        {
            for (int at = first * _canvas.Width; at < last * _canvas.Width; at++)
                _surface[at] = _canvas.Terrain[at] + _canvas.Above[at];
        });
        Array.Fill(_highest, float.MinValue);
        for (int row = 0; row < _canvas.Height; row++)
        {
            for (int column = 0; column < _canvas.Width; column++)
            {
                ref float highest = ref _highest[((row / Cell) * _cellsWide) + (column / Cell)];
                highest = Math.Max(highest, _surface[(row * _canvas.Width) + column]);
            }
        }

        _canvas.ByBands((first, last) =>
        {
            for (int row = Math.Max(1, first); row < Math.Min(last, _canvas.Height - 1); row++)
            {
                for (int column = 1; column < _canvas.Width - 1; column++)
                    LightPixel(row, column);
            }
        });
    }

    /// <summary>The 8-bit red, green, blue and near infrared of a pixel that lies at least <see cref="Reach"/> within the canvas.</summary>
    public (byte Red, byte Green, byte Blue, byte Infrared) Expose(int row, int column)
    {
        int at = (row * _canvas.Width) + column, wide = _canvas.Width;
        Vector4 sides = _lit[at - 1] + _lit[at + 1] + _lit[at - wide] + _lit[at + wide];
        Vector4 corners = _lit[at - wide - 1] + _lit[at - wide + 1] + _lit[at + wide - 1] + _lit[at + wide + 1];
        Vector4 seen = (_lit[at] * 0.44f) + (sides * 0.1f) + (corners * 0.04f);
        uint bits = ToyHash.Mix(_noise, _canvas.X + column, _canvas.Y + row);
        var noise = new Vector4((bits & 255) - 127.5f, ((bits >> 8) & 255) - 127.5f, ((bits >> 16) & 255) - 127.5f, (bits >> 24) - 127.5f);
        // Haze lifts the dark parts, blue most; highlights roll off.
        seen = (seen * 0.95f) + new Vector4(10, 11, 15, 6) + (noise * 0.022f);
        return (Quantize(seen.X), Quantize(seen.Y), Quantize(seen.Z), Quantize(seen.W));
    }

    private static byte Quantize(float value)
    {
        if (value > 205)
            value = 205 + (50 * (1 - MathF.Exp(-(value - 205) / 50)));
        return (byte)Math.Clamp(value + 0.5f, 0, 255);
    }

    private void LightPixel(int row, int column)
    {
        int at = (row * _canvas.Width) + column;
        byte label = _canvas.Label[at];
        bool hard = label is ToyClass.Building or ToyClass.Greenhouse or ToyClass.Impervious or ToyClass.Pool or ToyClass.Water;
        float here = _surface[at];
        float gx = Slope(here - _surface[at - 1], _surface[at + 1] - here, hard);
        float gy = Slope(here - _surface[at - _canvas.Width], _surface[at + _canvas.Width] - here, hard);
        // The surface's unit normal times the direction to the sun.
        float towards = (MathF.Sin(SunElevation) - (MathF.Cos(SunElevation) * ((gx * _east) + (gy * _south)))) / MathF.Sqrt(1 + (gx * gx) + (gy * gy));
        float sun = Math.Clamp(towards / MathF.Sin(SunElevation), 0, 1.45f) * Visible(row, column, here);
        float sky = 1 - Direct;
        Vector4 ambient = new Vector4(0.93f, 1.0f, 1.14f, 0.85f) * sky, direct = new Vector4(1) - ambient;
        float drift = 1 + (0.02f * ToyHash.Noise(_noise + 1, _canvas.U(column) / 300, _canvas.V(row) / 300));
        _lit[at] = _canvas.Color[at] * (ambient + (direct * sun)) * drift;
    }

    // Metres a metre from the steps to both neighbours. On roofs the gentler of the two, so that a wall does not shade the roof's edge.
    private static float Slope(float before, float after, bool hard)
    {
        const float scale = 1 / (float)ToyWorld.Pixel;
        if (hard)
            return before * after <= 0 ? 0 : (Math.Abs(before) < Math.Abs(after) ? before : after) * scale;
        return Math.Clamp((before + after) * scale / 2, -1.3f, 1.3f);
    }

    // The share of the sun's disc seen from a pixel: walks towards the sun over the surface, skipping cells that lie below the ray.
    private float Visible(int row, int column, float here)
    {
        float seen = 1, x = column, y = row;
        int lastCell = -1;
        bool over = false;
        for (int step = 1; step <= ShadowSteps; step++)
        {
            x += _east;
            y += _south;
            int cx = (int)(x + 0.5f), cy = (int)(y + 0.5f);
            if ((uint)cx >= (uint)_canvas.Width || (uint)cy >= (uint)_canvas.Height)
                break;
            float ray = here + 0.05f + (step * _rise);
            int cell = ((cy / Cell) * _cellsWide) + (cx / Cell);
            if (cell != lastCell)
                (lastCell, over) = (cell, ray - _highest[cell] > 0.6f);
            if (over)
                continue;
            float clear = ray - _surface[(cy * _canvas.Width) + cx];
            seen = Math.Min(seen, 0.5f + (clear / (0.1f + (0.012f * step))));
            if (seen <= 0)
                return 0;
        }

        return seen;
    }
}
