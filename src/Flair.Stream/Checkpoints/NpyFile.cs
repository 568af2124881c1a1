using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Flair.Checkpoints;

/// <summary>
/// Reads and writes NumPy's <c>.npy</c> (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3:
/// magic, version, the header's length, a Python dict with type, order and shape, then the elements.
/// </summary>
public static class NpyFile
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>An array as float32, row-major. Other types are converted, each value to the nearest float32.</summary>
    /// <param name="path">A <c>.npy</c> of float16, 32 or 64, int8 to int64 or uint8 to uint32, little-endian, in C or Fortran order.</param>
    /// <returns>The values and the dimensions; none for a scalar.</returns>
    /// <exception cref="FlairException">It cannot be read, is damaged or of another type.</exception>
    public static (float[] Data, int[] Shape) ReadFloat32(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            return Read(path, file);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            var why = error is EndOfStreamException ? "it ends too early" : error.Message;
            throw new FlairException($"{path}: is no usable .npy file ({why}); write it with numpy.save", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path}: cannot be read ({error.Message.TrimEnd('.')})", error);
        }
    }

    /// <summary>Writes float32 in C order, version 1.0. The file bears its name only when it is complete.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="data">The values, row-major.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<float> data, IReadOnlyList<int> shape) => Write(path, "<f4", data, shape);

    /// <summary>Writes int64 in C order, version 1.0. The file bears its name only when it is complete.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="data">The values, row-major.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<long> data, IReadOnlyList<int> shape) => Write(path, "<i8", data, shape);

    private static void Write<T>(string path, string type, ReadOnlySpan<T> data, IReadOnlyList<int> shape)
        where T : unmanaged
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Aggregate(1L, (product, side) => product * side) != data.Length)
            throw new ArgumentException($"{data.Length} values do not fill the shape", nameof(shape));

        // A span cannot be captured; the bytes are written from one copy.
        var bytes = MemoryMarshal.AsBytes(data).ToArray();
        var header = Header(type, shape);
        var length = header.Length + bytes.Length;
        TensorFile.Write(
            path,
            file =>
            {
                file.Write(header);
                file.Write(bytes);
            },
            file =>
            {
                if (file.Length != length)
                    throw new IOException($"only {file.Length} of {length} bytes were written");
            });
    }

    private static byte[] Header(string type, IReadOnlyList<int> shape)
    {
        // A tuple of one element needs its comma. The data begins at a multiple of 64, the header ends with a line feed.
        var tuple = shape.Count == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape)})";
        var dict = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {tuple}, }}";
        var padded = dict.PadRight(((dict.Length + 11 + 63) / 64 * 64) - 11) + "\n";
        byte[] header = [.. Magic, 1, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded)];
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)padded.Length);
        return header;
    }

    private static (float[] Data, int[] Shape) Read(string path, FileStream file)
    {
        var start = new byte[8];
        file.ReadExactly(start);
        if (!start.AsSpan().StartsWith(Magic))
            throw new InvalidDataException(start is [(byte)'P', (byte)'K', ..] ? "it is a .npz archive of several arrays" : "it does not begin as one");
        if (start[6] is < 1 or > 3)
            throw new InvalidDataException($"its version {start[6]}.{start[7]} is unknown");
        var size = new byte[start[6] == 1 ? 2 : 4];
        file.ReadExactly(size);
        var length = size.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(size) : BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > Math.Min(file.Length - file.Position, 1 << 20))
            throw new InvalidDataException($"its header claims {length} bytes");
        var bytes = new byte[length];
        file.ReadExactly(bytes);
        var header = NpyHeader.Parse(Encoding.UTF8.GetString(bytes));

        var elementSize = SizeOf(path, header.Type);
        var left = file.Length - file.Position;
        if (left > Array.MaxLength)
            throw new FlairException($"{path}: has more than 2 GiB; give a smaller array");
        var count = header.Shape.Aggregate(1.0, (product, side) => product * side);
        if (count * elementSize != left)
            throw new InvalidDataException($"its {count} elements of {elementSize} bytes are not what the file holds");
        var raw = new byte[left];
        file.ReadExactly(raw);
        var values = Convert(header.Type, raw);
        return (header.FortranOrder ? ToRowMajor(values, header.Shape) : values, header.Shape);
    }

    private static int SizeOf(string path, string type) => type switch
    {
        "|u1" or "|i1" or "<u1" or "<i1" or "|b1" => 1,
        "<f2" or "<i2" or "<u2" => 2,
        "<f4" or "<i4" or "<u4" => 4,
        "<f8" or "<i8" => 8,
        _ => throw new FlairException($"{path}: holds the type {type}, which is not read; save x.astype('<f4')"),
    };

    private static float[] Convert(string type, byte[] raw) => type switch
    {
        "|u1" or "<u1" or "|b1" => Array.ConvertAll(raw, value => (float)value),
        "|i1" or "<i1" => Array.ConvertAll(raw, value => (float)(sbyte)value),
        "<f2" => Cast<Half>(raw, value => (float)value),
        "<i2" => Cast<short>(raw, value => value),
        "<u2" => Cast<ushort>(raw, value => value),
        "<f4" => Cast<float>(raw, value => value),
        "<i4" => Cast<int>(raw, value => value),
        "<u4" => Cast<uint>(raw, value => value),
        "<f8" => Cast<double>(raw, value => (float)value),
        _ => Cast<long>(raw, value => value),
    };

    private static float[] Cast<T>(byte[] raw, Func<T, float> convert)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(raw.AsSpan());
        var values = new float[source.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = convert(source[i]);
        return values;
    }

    /// <summary>From first index fastest to last index fastest; the indices count up like an odometer.</summary>
    private static float[] ToRowMajor(float[] values, int[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var d = 0; d < shape.Length; d++)
        {
            strides[d] = stride;
            stride *= shape[d];
        }

        var result = new float[values.Length];
        var index = new int[shape.Length];
        var place = 0L;
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = values[(int)place];
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                place += strides[d];
                if (++index[d] < shape[d])
                    break;
                place -= strides[d] * shape[d];
                index[d] = 0;
            }
        }

        return result;
    }
}
