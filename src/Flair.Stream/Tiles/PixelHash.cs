using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Flair.Tiles;

/// <summary>
/// A 64-bit hash of a raster's pixels that does not depend on the order in which they come: the sum of a mix of every 8 pixels of a row
/// and a number for their place, which a sequence of numbers far from each other gives. So rows can be hashed as they are streamed in and blocks as they are read back.
/// </summary>
public sealed class PixelHash
{
    private const int Word = 8;
    private const int Lanes = 8;

    /// <summary>The odd number next to 2^64 divided by the golden ratio.</summary>
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>The hash of what was added.</summary>
    public ulong Value { get; private set; }

    /// <summary>Adds a run of pixels of one row.</summary>
    /// <param name="band">Band.</param>
    /// <param name="y">Row.</param>
    /// <param name="x">First column; a multiple of 8.</param>
    /// <param name="pixels">Its end must be the row's end or lie at a multiple of 8.</param>
    public void Add(int band, int y, int x, ReadOnlySpan<byte> pixels)
    {
        ulong sum = Value, place = Mix(((ulong)band << 32) | (uint)y) + ((uint)(x / Word) * Step);
        if (Vector512.IsHardwareAccelerated && pixels.Length >= Lanes * Word)
        {
            var places = Vector512.Create(place) + (Vector512<ulong>.Indices * Step);
            var sums = Vector512<ulong>.Zero;
            for (; pixels.Length >= Lanes * Word; pixels = pixels[(Lanes * Word)..])
            {
                sums += Mix(Vector512.Create(pixels).AsUInt64() ^ places);
                places += Vector512.Create(unchecked(Lanes * Step));
                place += unchecked(Lanes * Step);
            }

            sum += Vector512.Sum(sums);
        }

        while (pixels.Length >= Word)
        {
            sum += Mix(BinaryPrimitives.ReadUInt64LittleEndian(pixels) ^ place);
            place += Step;
            pixels = pixels[Word..];
        }

        if (pixels.Length > 0)
        {
            ulong last = 0;
            for (int i = 0; i < pixels.Length; i++)
                last |= (ulong)pixels[i] << (8 * i);
            sum += Mix(last ^ place);
        }

        Value = sum;
    }

    /// <summary>The finaliser of SplitMix64 (Steele, Lea, Flood 2014, https://doi.org/10.1145/2660193.2660195).</summary>
    private static ulong Mix(ulong z)
    {
        z += Step;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static Vector512<ulong> Mix(Vector512<ulong> z)
    {
        z += Vector512.Create(Step);
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EB;
        return z ^ (z >>> 31);
    }
}
