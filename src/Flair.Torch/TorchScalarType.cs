namespace Flair.Torch;

/// <summary>Element types, by libtorch's numbers (c10/core/ScalarType.h).</summary>
public enum TorchScalarType
{
    /// <summary>Unsigned 8 bits.</summary>
    UInt8 = 0,

    /// <summary>Signed 8 bits.</summary>
    Int8 = 1,

    /// <summary>Signed 16 bits.</summary>
    Int16 = 2,

    /// <summary>Signed 32 bits.</summary>
    Int32 = 3,

    /// <summary>Signed 64 bits.</summary>
    Int64 = 4,

    /// <summary>IEEE half precision.</summary>
    Float16 = 5,

    /// <summary>IEEE single precision.</summary>
    Float32 = 6,

    /// <summary>IEEE double precision.</summary>
    Float64 = 7,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 11,

    /// <summary>bfloat16: single precision's range with 8 bits of mantissa.</summary>
    BFloat16 = 15,
}

/// <summary>Properties of <see cref="TorchScalarType"/>.</summary>
public static class TorchScalarTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this TorchScalarType type) => type switch
    {
        TorchScalarType.UInt8 or TorchScalarType.Int8 or TorchScalarType.Bool => 1,
        TorchScalarType.Int16 or TorchScalarType.Float16 or TorchScalarType.BFloat16 => 2,
        TorchScalarType.Int32 or TorchScalarType.Float32 => 4,
        TorchScalarType.Int64 or TorchScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>The element type of tensors made from .NET's <typeparamref name="T"/>.</summary>
    /// <exception cref="NotSupportedException">libtorch has no such type.</exception>
    public static TorchScalarType Of<T>()
        where T : unmanaged => default(T) switch
        {
            byte => TorchScalarType.UInt8,
            sbyte => TorchScalarType.Int8,
            short => TorchScalarType.Int16,
            int => TorchScalarType.Int32,
            long => TorchScalarType.Int64,
            Half => TorchScalarType.Float16,
            float => TorchScalarType.Float32,
            double => TorchScalarType.Float64,
            bool => TorchScalarType.Bool,
            _ => throw new NotSupportedException($"libtorch has no element type for {typeof(T).Name}"),
        };
}
