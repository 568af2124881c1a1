using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Flair.Cli.Numpy;

/// <summary>A float32 array as NumPy's <c>.npy</c> holds it (format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html).</summary>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Values">Its values, row-major.</param>
internal sealed partial record NpyFile(IReadOnlyList<int> Shape, float[] Values)
{
    private const int MagicLength = 6;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    [GeneratedRegex(@"^\{\s*'descr':\s*'(?<type>[^']*)',\s*'fortran_order':\s*(?<fortran>True|False),\s*'shape':\s*\((?<shape>[0-9,\s]*)\),?\s*\}\s*$")]
    private static partial Regex Header();

    /// <summary>Reads a file.</summary>
    /// <exception cref="FlairException">It is not a whole .npy file of little-endian float32 in C order.</exception>
    public static NpyFile Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Read(file, path);
        }
        catch (EndOfStreamException e)
        {
            throw new FlairException($"{path}: the file is cut short", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlairException($"{path}: no such file", e);
        }
    }

    /// <summary>Writes a file: first under a temporary name beside it, so that the final name never holds half an array.</summary>
    public void Write(string path)
    {
        var shape = string.Join(", ", Shape) + (Shape.Count == 1 ? "," : "");
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}";

        // The values begin at a multiple of 64, as the format asks.
        header = header.PadRight(header.Length + (64 - ((MagicLength + 4 + header.Length + 1) % 64)) % 64) + "\n";
        var temporary = $"{path}.tmp-{Environment.ProcessId}";
        try
        {
            using (var file = File.Create(temporary))
            {
                Span<byte> prefix = [.. Magic, 1, 0, 0, 0];
                BinaryPrimitives.WriteUInt16LittleEndian(prefix[(MagicLength + 2)..], (ushort)header.Length);
                file.Write(prefix);
                file.Write(Encoding.Latin1.GetBytes(header));
                file.Write(MemoryMarshal.AsBytes(Values.AsSpan()));
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static NpyFile Read(FileStream file, string path)
    {
        Span<byte> prefix = stackalloc byte[MagicLength + 2];
        file.ReadExactly(prefix);
        if (!prefix[..MagicLength].SequenceEqual(Magic))
            throw new FlairException($"{path}: not a NumPy .npy file; write one with numpy.save");
        var lengthBytes = new byte[prefix[MagicLength] == 1 ? 2 : 4];
        file.ReadExactly(lengthBytes);
        var length = lengthBytes.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(lengthBytes) : BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > file.Length)
            throw new FlairException($"{path}: the file is cut short");
        var header = new byte[length];
        file.ReadExactly(header);

        var match = Header().Match(Encoding.Latin1.GetString(header));
        if (!match.Success)
            throw new FlairException($"{path}: holds no plain array; write one with numpy.save(path, x.astype('float32'))");
        if (match.Groups["type"].Value != "<f4")
            throw new FlairException($"{path}: its values are {match.Groups["type"].Value}, not float32; write it with x.astype('float32')");
        if (match.Groups["fortran"].Value == "True")
            throw new FlairException($"{path}: its values are in Fortran order; write it with numpy.ascontiguousarray(x)");

        var shape = match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(d => int.TryParse(d, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : throw new FlairException($"{path}: a dimension of {d} is too large")).ToArray();
        long count = 1;
        foreach (var size in shape)
            count = Math.Min(count * size, int.MaxValue);
        if (count * sizeof(float) > file.Length - file.Position)
            throw new FlairException($"{path}: the file is cut short: {string.Join(" x ", shape)} values need {count * sizeof(float)} bytes and {file.Length - file.Position} are there");
        var values = new float[count];
        file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return new NpyFile(shape, values);
    }
}
