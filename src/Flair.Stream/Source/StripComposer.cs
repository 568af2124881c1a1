using System.Numerics;
using System.Runtime.InteropServices;

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
    /// <summary>What <see cref="Row"/> works in; one a thread.</summary>
    public ComposeScratch Scratch() => new(rect.Width, heights.Count);

    /// <summary>Composes a row of the mosaic.</summary>
    /// <param name="row">The mosaic's row; the next one is quickest after it.</param>
    /// <param name="scratch">The thread's own; handed back.</param>
    public ComposeScratch Row(int row, ComposeScratch scratch)
    {
        if (mosaic.Samples == SampleType.UInt8)
            Row<byte>(row, scratch);
        else
            Row<float>(row, scratch);
        return scratch;
    }

    private void Row<T>(int row, ComposeScratch scratch)
        where T : unmanaged, INumberBase<T>
    {
        foreach (var product in imagery)
        {
            for (int band = 0; band < product.ChannelCount; band++)
                product.Values(band, row, rect.X, Line<T>(product.FirstChannel + band, row));
        }

        for (int i = 0; i < heights.Count; i++)
        {
            var (product, surface, terrain) = heights[i];
            surface.Sample(row, scratch.Surfaces[i], scratch.Height);
            if (terrain is not null)
            {
                terrain.Sample(row, scratch.Terrains[i], scratch.Ground);
                Subtract(scratch.Height, scratch.Ground);
            }

            HeightCode.Encode(scratch.Height, product.Unit, Line<T>(product.Channel, row));
        }

        ClearUnknown<T>(row, scratch.Kept);
    }

    /// <summary>Unknown pixels are 0, but for FLAIR-1's fill outside of all rasters.</summary>
    private void ClearUnknown<T>(int row, byte[] kept)
        where T : unmanaged, INumberBase<T>
    {
        var flags = new ReadOnlySpan<byte>((byte*)known.Pointer + ((long)(row - rect.Y) * rect.Width), rect.Width);
        if (!flags.Contains((byte)0))
            return;
        flags.CopyTo(kept);
        if (mosaic.Nodata.FillDeclared)
        {
            var outside = states.StripStates(row);
            for (int x = 0; x < kept.Length; x++)
                kept[x] |= outside[x] == PixelState.Outside ? (byte)1 : (byte)0;
        }

        for (int channel = 0; channel < mosaic.ChannelCount; channel++)
            Flags.Keep(Line<T>(channel, row), kept);
    }

    private static void Subtract(Span<double> from, ReadOnlySpan<double> what)
    {
        int x = 0;
        for (; x <= from.Length - Vector<double>.Count; x += Vector<double>.Count)
            (new Vector<double>(from[x..]) - new Vector<double>(what[x..])).CopyTo(from[x..]);
        for (; x < from.Length; x++)
            from[x] -= what[x];
    }

    private Span<T> Line<T>(int channel, int row)
        where T : unmanaged =>
        new((T*)planes.Pointer + ((((long)channel * rect.Height) + row - rect.Y) * rect.Width), rect.Width);
}

/// <summary>The memory that composing a row takes.</summary>
/// <param name="width">Columns.</param>
/// <param name="heights">Height products.</param>
internal sealed class ComposeScratch(int width, int heights)
{
    public double[] Height { get; } = new double[width];

    public double[] Ground { get; } = new double[width];

    public byte[] Kept { get; } = new byte[width];

    public ElevationScratch[] Surfaces { get; } = [.. Enumerable.Range(0, heights).Select(_ => new ElevationScratch(width))];

    public ElevationScratch[] Terrains { get; } = [.. Enumerable.Range(0, heights).Select(_ => new ElevationScratch(width))];
}

/// <summary>FLAIR's height band: clip(round(metres / unit), 0, 255), rounding halves to even as NumPy does.</summary>
internal static class HeightCode
{
    /// <summary>
    /// Added to a number from 0 to 255 it leaves no room for a fraction: the sum is rounded, halves to even, and the number is in its lowest byte.
    /// </summary>
    private const double Rounder = 3L << 51;

    /// <summary>Encodes metres above ground; NaN, a height that is not known, becomes 0.</summary>
    public static void Encode<T>(ReadOnlySpan<double> metres, double unit, Span<T> codes)
        where T : unmanaged, INumberBase<T>
    {
        Span<byte> bytes = stackalloc byte[Vector<byte>.Count];
        for (int x = 0; x < metres.Length; x += bytes.Length)
        {
            int count = Math.Min(bytes.Length, metres.Length - x);
            if (count == bytes.Length)
                EncodeVector(metres.Slice(x, count), unit, bytes);
            else
                EncodeOnebyOne(metres.Slice(x, count), unit, bytes);
            if (typeof(T) == typeof(byte))
            {
                bytes[..count].CopyTo(MemoryMarshal.AsBytes(codes.Slice(x, count)));
                continue;
            }

            for (int i = 0; i < count; i++)
                codes[x + i] = T.CreateTruncating(bytes[i]);
        }
    }

    private static void EncodeOnebyOne(ReadOnlySpan<double> metres, double unit, Span<byte> codes)
    {
        for (int x = 0; x < metres.Length; x++)
        {
            double code = Math.Round(metres[x] / unit, MidpointRounding.ToEven);
            codes[x] = code > 0 ? (byte)Math.Min(code, byte.MaxValue) : (byte)0;
        }
    }

    private static void EncodeVector(ReadOnlySpan<double> metres, double unit, Span<byte> codes)
    {
        int step = Vector<double>.Count;
        var units = new Vector<double>(unit);
        Vector.Narrow(Narrow(metres, 0), Narrow(metres, 4 * step)).CopyTo(codes);

        Vector<ushort> Narrow(ReadOnlySpan<double> from, int at) =>
            Vector.Narrow(Vector.Narrow(Code(from[at..]), Code(from[(at + step)..])), Vector.Narrow(Code(from[(at + (2 * step))..]), Code(from[(at + (3 * step))..])));

        Vector<ulong> Code(ReadOnlySpan<double> from)
        {
            var code = new Vector<double>(from) / units;
            code = Vector.ConditionalSelect(Vector.GreaterThan(code, Vector<double>.Zero), Vector.Min(code, new Vector<double>(byte.MaxValue)), Vector<double>.Zero);
            return Vector.AsVectorUInt64(code + new Vector<double>(Rounder));
        }
    }
}
