using System.Runtime.CompilerServices;

namespace Flair.Toy;

/// <summary>
/// Chance without state: every draw is a hash of a salt and a place, so that any part of the landscape can be computed alone, in any
/// order and on any thread, and is always the same. The finaliser is lowbias32 (Chris Wellons, "Prospecting for Hash Functions", 2018).
/// </summary>
internal static class ToyHash
{
    /// <summary>32 well-mixed bits of a salt and two integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Mix(uint salt, int x, int y)
    {
        uint h = salt + ((uint)x * 0x9E3779B1u);
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h ^= (uint)y * 0x85EBCA77u;
        h = (h ^ (h >> 16)) * 0x21F0AAADu;
        h = (h ^ (h >> 15)) * 0x735A2D97u;
        return h ^ (h >> 15);
    }

    /// <summary>A number in [0, 1) of a salt and two integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Unit(uint salt, int x, int y) => (Mix(salt, x, y) >> 8) * (1f / 16777216f);

    /// <summary>Value noise in [-1, 1], wavelength about 2, with continuous first and second derivatives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Noise(uint salt, double x, double y)
    {
        double fx = Math.Floor(x), fy = Math.Floor(y);
        int ix = (int)fx, iy = (int)fy;
        float tx = (float)(x - fx), ty = (float)(y - fy);
        float sx = tx * tx * tx * ((tx * ((tx * 6) - 15)) + 10), sy = ty * ty * ty * ((ty * ((ty * 6) - 15)) + 10);
        float a = Unit(salt, ix, iy), b = Unit(salt, ix + 1, iy), c = Unit(salt, ix, iy + 1), d = Unit(salt, ix + 1, iy + 1);
        float top = a + ((b - a) * sx), bottom = c + ((d - c) * sx);
        return (2 * (top + ((bottom - top) * sy))) - 1;
    }

    /// <summary><see cref="Noise"/> and its derivatives along x and y.</summary>
    public static (double Value, double Dx, double Dy) NoiseSlope(uint salt, double x, double y)
    {
        double fx = Math.Floor(x), fy = Math.Floor(y);
        int ix = (int)fx, iy = (int)fy;
        double tx = x - fx, ty = y - fy;
        double sx = tx * tx * tx * ((tx * ((tx * 6) - 15)) + 10), sy = ty * ty * ty * ((ty * ((ty * 6) - 15)) + 10);
        double qx = 30 * tx * tx * (tx - 1) * (tx - 1), qy = 30 * ty * ty * (ty - 1) * (ty - 1);
        double a = Unit(salt, ix, iy), b = Unit(salt, ix + 1, iy), c = Unit(salt, ix, iy + 1), d = Unit(salt, ix + 1, iy + 1);
        double top = a + ((b - a) * sx), bottom = c + ((d - c) * sx);
        double dx = ((b - a) * (1 - sy)) + ((d - c) * sy);
        return ((2 * (top + ((bottom - top) * sy))) - 1, 2 * dx * qx, 2 * (bottom - top) * qy);
    }

    /// <summary>Three octaves of <see cref="Noise"/>, each half as high and half as long as the last; in [-1, 1].</summary>
    public static float Fractal(uint salt, double x, double y) =>
        ((4 * Noise(salt, x, y)) + (2 * Noise(salt + 1, (2 * x) + 17.3, (2 * y) + 5.9)) + Noise(salt + 2, (4 * x) + 41.7, (4 * y) + 23.1)) / 7;
}

/// <summary>Draws in a row for one self-contained thing (a block of parcels), started from that thing's own salt.</summary>
internal struct ToyDice(uint salt)
{
    private int _next;

    /// <summary>The next number in [0, 1).</summary>
    public double Roll() => ToyHash.Unit(salt, _next++, 77);

    /// <summary>The next number in [low, high).</summary>
    public double Between(double low, double high) => low + ((high - low) * Roll());

    /// <summary>True with this probability.</summary>
    public bool Chance(double probability) => Roll() < probability;

    /// <summary>Any of these.</summary>
    public T Pick<T>(ReadOnlySpan<T> items) => items[(int)(Roll() * items.Length)];

    /// <summary>Shuffles in place (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = (int)(Roll() * (i + 1));
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
