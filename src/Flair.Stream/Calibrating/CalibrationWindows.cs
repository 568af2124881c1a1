using Flair.Source;

namespace Flair.Calibrating;

/// <summary>Windows of a mosaic that stand for all of it: the same ones every time.</summary>
internal static class CalibrationWindows
{
    /// <summary>Reads windows spread over the tiles and, within each, by Halton's sequence; those without data are passed over.</summary>
    /// <param name="mosaic">Where pixels come from.</param>
    /// <param name="size">Rows and columns of a window.</param>
    /// <param name="count">How many to take.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancellation">Stops between two windows.</param>
    /// <returns>Each window, [channel][row][column] of the mosaic's sample type; fewer than asked for where there is little data.</returns>
    public static IEnumerable<byte[]> Read(Mosaic mosaic, int size, int count, ReadOptions options, CancellationToken cancellation)
    {
        const int triesEach = 4;
        var taken = 0;
        for (var i = 0; i < count * triesEach && taken < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            // Every pass goes over all tiles, so that a few empty ones do not thin out one region.
            var tile = mosaic.Tiles[(int)((long)(i % count) * mosaic.Tiles.Count / count)].Rect;
            var window = new GridRect(Within(tile.X, tile.Width, size, Halton(i + 1, 2)), Within(tile.Y, tile.Height, size, Halton(i + 1, 3)), size, size);
            if (Read(mosaic, window, options, cancellation) is not { } pixels)
                continue;
            taken++;
            yield return pixels;
        }
    }

    private static int Within(int start, int length, int size, double share) =>
        length <= size ? start - ((size - length) / 2) : start + (int)((length - size) * share);

    private static double Halton(int index, int radix)
    {
        var (result, share) = (0d, 1d);
        for (; index > 0; index /= radix)
        {
            share /= radix;
            result += share * (index % radix);
        }

        return result;
    }

    private static byte[]? Read(Mosaic mosaic, GridRect window, ReadOptions options, CancellationToken cancellation)
    {
        var sampleBytes = mosaic.Samples == SampleType.UInt8 ? 1 : sizeof(float);
        var pixels = new byte[window.Area * mosaic.ChannelCount * sampleBytes];
        var known = false;
        using var reader = new AreaReader(mosaic, window, options);
        for (var i = 0; i < reader.Strips.Count; i++)
        {
            using var strip = reader.ReadAsync(i, cancellation).GetAwaiter().GetResult();
            unsafe
            {
                known |= new ReadOnlySpan<byte>(strip.Known, checked((int)strip.Rect.Area)).Contains((byte)1);
                var plane = (int)strip.Rect.Area * sampleBytes;
                for (var channel = 0; channel < mosaic.ChannelCount; channel++)
                {
                    var at = ((channel * window.Height) + strip.Rect.Y - window.Y) * window.Width * sampleBytes;
                    new ReadOnlySpan<byte>((byte*)strip.Planes + ((long)channel * plane), plane).CopyTo(pixels.AsSpan(at));
                }
            }
        }

        return known ? pixels : null;
    }
}
