using System.Buffers.Binary;

namespace Flair.Checkpoints;

/// <summary>Changes the floating-point type of tensors as PyTorch's <c>tensor.to(dtype)</c> does.</summary>
public static class TensorConversion
{
    private const ushort BFloat16NaN = 0x7FC0;

    /// <summary>
    /// The values in another floating-point type, each rounded to the nearest, ties to the even one (float64 by way of float32, as in
    /// PyTorch). Integers and booleans, such as the counters of batch normalizations, stay as they are.
    /// </summary>
    /// <param name="tensor">The tensor; stays as it is.</param>
    /// <param name="type">float32, bfloat16 or float16.</param>
    /// <param name="name">The tensor's name, for messages.</param>
    /// <exception cref="FlairException">A finite value is beyond the type's range.</exception>
    public static StoredTensor To(StoredTensor tensor, ScalarType type, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (type is not (ScalarType.Float32 or ScalarType.BFloat16 or ScalarType.Float16))
            throw new ArgumentOutOfRangeException(nameof(type), type, null);
        if (tensor.Type == type || tensor.Type is not (ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64))
            return tensor;
        var source = tensor.Data.Span;
        int from = tensor.Type.Size(), to = type.Size();
        var count = source.Length / from;
        var bytes = new byte[count * to];
        for (var i = 0; i < count; i++)
        {
            var number = TensorValues.Number(tensor.Type, source[(i * from)..]);
            var value = (float)number;
            var target = bytes.AsSpan(i * to);
            var finite = type switch
            {
                ScalarType.Float32 => Write(target, value),
                ScalarType.Float16 => Write(target, (Half)value),
                _ => Write(target, RoundToBFloat16(value)),
            };
            if (!finite && double.IsFinite(number))
                throw new FlairException($"{name}: its value {value:R} is beyond the range of {type.TorchName()}; choose {(type == ScalarType.Float16 ? "bfloat16" : "float32")}");
        }

        return new StoredTensor(type, tensor.Shape, bytes);
    }

    private static bool Write(Span<byte> target, float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(target, value);
        return float.IsFinite(value);
    }

    private static bool Write(Span<byte> target, Half value)
    {
        BinaryPrimitives.WriteHalfLittleEndian(target, value);
        return Half.IsFinite(value);
    }

    private static bool Write(Span<byte> target, ushort bfloat16)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, bfloat16);
        return (bfloat16 & 0x7F80) != 0x7F80;
    }

    // bfloat16 is float32's upper half: adding just below half of its last place carries where the rest is more, and the last bit decides ties.
    private static ushort RoundToBFloat16(float value)
    {
        if (float.IsNaN(value))
            return BFloat16NaN;
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
