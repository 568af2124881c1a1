using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Flair.Checkpoints;

/// <summary>Numbers from the bytes of tensors.</summary>
internal static class TensorValues
{
    /// <summary>All values, rounded to single precision where they are finer.</summary>
    public static float[] Singles(StoredTensor tensor)
    {
        var size = tensor.Type.Size();
        var values = new float[tensor.Data.Length / size];
        // Networks come in one of these two, tens of millions of numbers.
        if (BitConverter.IsLittleEndian && tensor.Type == ScalarType.Float32)
        {
            MemoryMarshal.Cast<byte, float>(tensor.Data.Span).CopyTo(values);
            return values;
        }

        if (BitConverter.IsLittleEndian && tensor.Type == ScalarType.BFloat16)
        {
            var halves = MemoryMarshal.Cast<byte, ushort>(tensor.Data.Span);
            for (var i = 0; i < values.Length; i++)
                values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
            return values;
        }

        for (var i = 0; i < values.Length; i++)
            values[i] = (float)Number(tensor.Type, tensor.Data.Span[(i * size)..]);
        return values;
    }

    /// <summary>Whether none of the values is infinite or NaN.</summary>
    public static bool AreFinite(StoredTensor tensor)
    {
        // IEEE 754: what is not finite has all bits of the exponent set.
        var bytes = tensor.Data.Span;
        return tensor.Type switch
        {
            ScalarType.Float16 => LackField<ushort>(bytes, 0x7C00),
            ScalarType.BFloat16 => LackField<ushort>(bytes, 0x7F80),
            ScalarType.Float32 => LackField<uint>(bytes, 0x7F80_0000),
            ScalarType.Float64 => LackField<ulong>(bytes, 0x7FF0_0000_0000_0000),
            _ => true,
        };
    }

    /// <summary>The number that the bytes begin with.</summary>
    public static double Number(ScalarType type, ReadOnlySpan<byte> bytes) => type switch
    {
        ScalarType.UInt8 or ScalarType.Bool => bytes[0],
        ScalarType.Int8 => (sbyte)bytes[0],
        ScalarType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        ScalarType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ScalarType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        ScalarType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        ScalarType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        ScalarType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        ScalarType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Whether none of the numbers has all bits of a field set.</summary>
    private static bool LackField<T>(ReadOnlySpan<byte> bytes, T field)
        where T : unmanaged, IBinaryInteger<T>
    {
        var numbers = MemoryMarshal.Cast<byte, T>(bytes);
        var fields = new Vector<T>(field);
        int i = 0;
        for (; i <= numbers.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            if (Vector.EqualsAny(new Vector<T>(numbers[i..]) & fields, fields))
                return false;
        }

        for (; i < numbers.Length; i++)
        {
            if ((numbers[i] & field) == field)
                return false;
        }

        return true;
    }
}
