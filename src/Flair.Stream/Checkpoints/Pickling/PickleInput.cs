using System.Buffers.Binary;
using System.Text;

namespace Flair.Checkpoints.Pickling;

/// <summary>Reads a pickle's bytes; every length is checked against what is left before anything is allocated for it.</summary>
/// <param name="stream">A seekable stream, at the start of the pickle.</param>
internal sealed class PickleInput(Stream stream)
{
    /// <summary>A pickle only describes tensors; those of the largest models have some megabytes.</summary>
    public const int MaximumLength = 64 << 20;

    /// <summary>Bytes of a whole number; generators of random numbers have states of 128 bits.</summary>
    private const int LongestInteger = 256;

    private readonly byte[] _number = new byte[8];
    private long _left = Math.Min(stream.Length - stream.Position, MaximumLength);

    public byte ReadByte()
    {
        Take(1);
        var value = stream.ReadByte();
        return value >= 0 ? (byte)value : throw new InvalidDataException("it ends within its description of the tensors");
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Number(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Number(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Number(8));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleBigEndian(Number(8));

    public byte[] ReadBytes(long length)
    {
        Take(length);
        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>A whole number of any length in two's complement. Its digits would take time that grows with the square of their number.</summary>
    public byte[] ReadInteger()
    {
        var length = ReadInt32();
        return length <= LongestInteger ? ReadBytes(length) : throw new InvalidDataException($"its description of the tensors has a whole number of {length} bytes");
    }

    public string ReadText(long length) => Encoding.UTF8.GetString(ReadBytes(length));

    /// <summary>Text up to a line feed, as the opcodes of protocol 0 have it.</summary>
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (var value = ReadByte(); value != '\n'; value = ReadByte())
        {
            if (line.Length >= 1024)
                throw new InvalidDataException("its description of the tensors has a line without end");
            line.Append((char)value);
        }

        return line.ToString();
    }

    public void Skip(long length)
    {
        Take(length);
        stream.Seek(length, SeekOrigin.Current);
    }

    private ReadOnlySpan<byte> Number(int size)
    {
        Take(size);
        stream.ReadExactly(_number, 0, size);
        return _number.AsSpan(0, size);
    }

    private void Take(long length)
    {
        if (length < 0 || length > _left)
            throw new InvalidDataException("its description of the tensors is cut short or names a length beyond its end");
        _left -= length;
    }
}
