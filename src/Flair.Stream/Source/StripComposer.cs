using System.Numerics;

namespace Flair.Source;

/// <summary>Writes a strip's channels row by row from the decoded files. Rows are independent of each other.</summary>
internal sealed unsafe class StripComposer(
    Mosaic mosaic,
    IReadOnlyList<ImageryRows> imagery,
    IReadOnlyList<(HeightProduct Product, ElevationRows Surface, ElevationRows? Terrain)> heights,
    KnownRows states,
    GridRect rect,
    NativeBuffer planes,
    NativeBuffer known)
{
    /// <summary>Composes a row of the mosaic.</summary>
    /// <param name="row">The mosaic's row.</param>
    /// <param name="scratch">Twice as many values as the strip has columns; handed back.</param>
    public double[] Row(int row, double[] scratch)
    {
        if (mosaic.Samples == SampleType.UInt8)
            Row<byte>(row, scratch);
        else
            Row<float>(row, scratch);
        return scratch;
    }

    private void Row<T>(int row, double[] scratch)
        where T : unmanaged, INumberBase<T>
    {
        foreach (var product in imagery)
        {
            for (int band = 0; band < product.ChannelCount; band++)
                product.Values(band, row, rect.X, Line<T>(product.FirstChannel + band, row));
        }

        foreach (var (product, surface, terrain) in heights)
        {
            var height = scratch.AsSpan(0, rect.Width);
            surface.Sample(row, height);
            if (terrain is not null)
            {
                var ground = scratch.AsSpan(rect.Width, rect.Width);
                terrain.Sample(row, ground);
                for (int x = 0; x < height.Length; x++)
                    height[x] -= ground[x];
            }

            HeightCode.Encode(height, product.Unit, Line<T>(product.Channel, row));
        }

        ClearUnknown<T>(row);
    }

    /// <summary>Unknown pixels are 0, but for FLAIR-1's fill outside of all rasters.</summary>
    private void ClearUnknown<T>(int row)
        where T : unmanaged, INumberBase<T>
    {
        var flags = new ReadOnlySpan<byte>((byte*)known.Pointer + ((long)(row - rect.Y) * rect.Width), rect.Width);
        int first = flags.IndexOf((byte)0);
        if (first < 0)
            return;
        var outside = states.StripStates(row);
        for (int channel = 0; channel < mosaic.ChannelCount; channel++)
        {
            var values = Line<T>(channel, row);
            for (int x = first; x < values.Length; x++)
            {
                if (flags[x] == 0 && !(mosaic.Nodata.FillDeclared && outside[x] == PixelState.Outside))
                    values[x] = T.Zero;
            }
        }
    }

    private Span<T> Line<T>(int channel, int row)
        where T : unmanaged =>
        new((T*)planes.Pointer + ((((long)channel * rect.Height) + row - rect.Y) * rect.Width), rect.Width);
}

/// <summary>FLAIR's height band: clip(round(metres / unit), 0, 255), rounding halves to even as NumPy does.</summary>
internal static class HeightCode
{
    /// <summary>Encodes metres above ground; NaN, a height that is not known, becomes 0.</summary>
    public static void Encode<T>(ReadOnlySpan<double> metres, double unit, Span<T> codes)
        where T : unmanaged, INumberBase<T>
    {
        for (int x = 0; x < metres.Length; x++)
        {
            double code = Math.Round(metres[x] / unit, MidpointRounding.ToEven);
            codes[x] = code > 0 ? T.CreateTruncating(Math.Min(code, byte.MaxValue)) : T.Zero;
        }
    }
}
