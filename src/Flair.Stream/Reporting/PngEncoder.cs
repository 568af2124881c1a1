using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Flair.Reporting;

/// <summary>Small pictures as PNG in memory (https://www.w3.org/TR/png-3/), to be embedded in a page.</summary>
internal static class PngEncoder
{
    private const byte Rgb = 2, Indexed = 3;

    /// <summary>A colour picture.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="planes">[red, green, blue][row][column].</param>
    public static byte[] Color(int width, int height, ReadOnlySpan<byte> planes)
    {
        var plane = width * height;
        var interleaved = new byte[3 * plane];
        for (var i = 0; i < plane; i++)
        {
            for (var band = 0; band < 3; band++)
                interleaved[(3 * i) + band] = planes[(band * plane) + i];
        }

        return Encode(width, height, Rgb, 3, interleaved, []);
    }

    /// <summary>A picture of few colours.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="indices">[row][column], each below the number of colours.</param>
    /// <param name="palette">Up to 256 colours.</param>
    public static byte[] Palette(int width, int height, ReadOnlySpan<byte> indices, IReadOnlyList<(byte R, byte G, byte B, byte A)> palette) =>
        Encode(width, height, Indexed, 1, indices,
        [
            ("PLTE", [.. palette.SelectMany(color => new[] { color.R, color.G, color.B })]),
            ("tRNS", [.. palette.Select(color => color.A)]),
        ]);

    private static byte[] Encode(int width, int height, byte kind, int pixelBytes, ReadOnlySpan<byte> pixels, (string Type, byte[] Data)[] more)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, kind);
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        Chunk(png, "IHDR", header);
        foreach (var (type, data) in more)
            Chunk(png, type, data);
        Chunk(png, "IDAT", Compress(height, width * pixelBytes, kind == Rgb ? pixelBytes : 0, pixels));
        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    /// <summary>Photographs compress by a third better as differences from the pixel before (filter 1); indices as they are (filter 0).</summary>
    private static byte[] Compress(int height, int rowBytes, int before, ReadOnlySpan<byte> pixels)
    {
        using var memory = new MemoryStream();
        using (var zlib = new ZLibStream(memory, CompressionLevel.SmallestSize))
        {
            var line = new byte[rowBytes + 1];
            for (var row = 0; row < height; row++)
            {
                var source = pixels.Slice(row * rowBytes, rowBytes);
                line[0] = (byte)(before > 0 ? 1 : 0);
                for (var i = 0; i < rowBytes; i++)
                    line[i + 1] = (byte)(before > 0 && i >= before ? source[i] - source[i - before] : source[i]);
                zlib.Write(line);
            }
        }

        return memory.ToArray();
    }

    private static void Chunk(MemoryStream png, string type, byte[] data)
    {
        byte[] content = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(content));
        png.Write(number);
    }
}
