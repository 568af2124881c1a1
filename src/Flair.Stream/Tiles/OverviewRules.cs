using System.Runtime.Intrinsics;

namespace Flair.Tiles;

/// <summary>
/// How four pixels become one of an overview. Where the sizes are even the results are those of GDAL's COG driver with MODE and AVERAGE, which makes each
/// overview of the one before; at an odd edge what is there of the four counts, where GDAL stretches all squares a little.
/// </summary>
internal static class OverviewRules
{
    private const int Lane = 16;

    /// <summary>The most frequent value, of several the one that is first so frequent, row by row; nodata only where there is nothing else.</summary>
    /// <param name="block">One or two rows of the finer raster.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="nodata">The value that means no data.</param>
    /// <param name="target">A pixel for every two columns.</param>
    public static void Mode(ReadOnlySpan<byte> block, int width, byte nodata, Span<byte> target)
    {
        var x = block.Length == 2 * width ? ModeOfFour(block, width, nodata, target) : 0;
        for (; x < target.Length; x++)
        {
            // What lies beyond the edge is no data.
            byte At(ReadOnlySpan<byte> pixels, int column, int row) => column < width && row * width < pixels.Length ? pixels[(row * width) + column] : nodata;
            target[x] = MostOfFour(At(block, 2 * x, 0), At(block, (2 * x) + 1, 0), At(block, 2 * x, 1), At(block, (2 * x) + 1, 1), nodata);
        }
    }

    /// <summary>The mean of what has data, rounded to the nearest, halves up; nodata where nothing has.</summary>
    /// <param name="block">One or two rows of the finer raster.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="ignoreZero">True where 0 means no data.</param>
    /// <param name="target">A pixel for every two columns.</param>
    public static void Average(ReadOnlySpan<byte> block, int width, bool ignoreZero, Span<byte> target)
    {
        var x = block.Length == 2 * width ? AverageOfFour(block, width, ignoreZero, target) : 0;
        for (; x < target.Length; x++)
            target[x] = Mean(block, width, 2 * x, Math.Min(2, width - (2 * x)), ignoreZero);
    }

    /// <returns>How many pixels of the target were made; the rest is for who called.</returns>
    private static int ModeOfFour(ReadOnlySpan<byte> block, int width, byte nodata, Span<byte> target)
    {
        ReadOnlySpan<byte> upper = block[..width], lower = block[width..];
        var x = 0;
        for (; x + Lane <= width / 2; x += Lane)
        {
            Vector256<byte> up = Vector256.Create(upper[(2 * x)..]), low = Vector256.Create(lower[(2 * x)..]);
            if (Vector256.EqualsAny(up, Vector256.Create(nodata)) || Vector256.EqualsAny(low, Vector256.Create(nodata)))
            {
                for (var i = x; i < x + Lane; i++)
                    target[i] = MostOfFour(upper[2 * i], upper[(2 * i) + 1], lower[2 * i], lower[(2 * i) + 1], nodata);
                continue;
            }

            var (a, b) = Pairs(up);
            var (c, d) = Pairs(low);
            var first = Vector256.ConditionalSelect(Vector256.Equals(d, c), c, a);
            first = Vector256.ConditionalSelect(Vector256.Equals(d, b), b, first);
            first = Vector256.ConditionalSelect(Vector256.Equals(d, a), a, first);
            first = Vector256.ConditionalSelect(Vector256.Equals(c, b), b, first);
            first = Vector256.ConditionalSelect(Vector256.Equals(c, a) | Vector256.Equals(a, b), a, first);
            Narrow(first).CopyTo(target[x..]);
        }

        return x;
    }

    private static byte MostOfFour(byte a, byte b, byte c, byte d, byte nodata)
    {
        if (a == nodata)
            (a, b, c, d) = (b, c, d, nodata);
        if (a == nodata)
            (a, b, c) = (b, c, nodata);
        if (a == nodata)
            return b;
        if (a == b || c == a)
            return a;
        if (c == b && b != nodata)
            return b;
        if (d == a)
            return a;
        return d != nodata && (d == b || d == c) ? d : a;
    }

    /// <returns>How many pixels of the target were made; the rest is for who called.</returns>
    private static int AverageOfFour(ReadOnlySpan<byte> block, int width, bool ignoreZero, Span<byte> target)
    {
        ReadOnlySpan<byte> upper = block[..width], lower = block[width..];
        var x = 0;
        for (; x + Lane <= width / 2; x += Lane)
        {
            Vector256<byte> up = Vector256.Create(upper[(2 * x)..]), low = Vector256.Create(lower[(2 * x)..]);
            if (ignoreZero && (Vector256.EqualsAny(up, Vector256<byte>.Zero) || Vector256.EqualsAny(low, Vector256<byte>.Zero)))
            {
                for (var i = x; i < x + Lane; i++)
                    target[i] = Mean(block, width, 2 * i, 2, ignoreZero);
                continue;
            }

            var (a, b) = Pairs(up);
            var (c, d) = Pairs(low);
            Narrow((a + b + c + d + Vector256.Create((ushort)2)) >> 2).CopyTo(target[x..]);
        }

        return x;
    }

    private static byte Mean(ReadOnlySpan<byte> block, int width, int left, int columns, bool ignoreZero)
    {
        int sum = 0, count = 0;
        for (var at = left; at < block.Length; at += width)
        {
            for (var column = 0; column < columns; column++)
            {
                var value = block[at + column];
                sum += value;
                count += ignoreZero && value == 0 ? 0 : 1;
            }
        }

        return count == 0 ? (byte)0 : (byte)((sum + (count / 2)) / count);
    }

    /// <summary>Left and right pixels of 16 pairs.</summary>
    private static (Vector256<ushort> Left, Vector256<ushort> Right) Pairs(Vector256<byte> pixels) =>
        (pixels.AsUInt16() & Vector256.Create((ushort)0xFF), pixels.AsUInt16() >> 8);

    private static Vector128<byte> Narrow(Vector256<ushort> values) => Vector128.Narrow(values.GetLower(), values.GetUpper());
}
