using System.Numerics;
using System.Text;

namespace Flair.DuckDb;

/// <summary>Reads the values of one vector of a chunk; valid while the chunk is.</summary>
internal sealed unsafe class VectorReader
{
    private readonly DuckType _type;
    private readonly byte* _data;
    private readonly ulong* _validity;
    private readonly VectorReader[] _children;

    public VectorReader(nint vector, DuckType type)
    {
        _type = type;
        _data = NativeMethods.duckdb_vector_get_data(vector);
        _validity = NativeMethods.duckdb_vector_get_validity(vector);
        _children = type.Kind switch
        {
            DuckKind.List => [new VectorReader(NativeMethods.duckdb_list_vector_get_child(vector), type.Children[0])],
            DuckKind.Array => [new VectorReader(NativeMethods.duckdb_array_vector_get_child(vector), type.Children[0])],
            DuckKind.Struct => Fields(vector, type),
            DuckKind.Map => Fields(NativeMethods.duckdb_list_vector_get_child(vector), type), // a map is a list of (key, value) structs
            _ => [],
        };
    }

    public object? Read(int row) => _validity is not null && (_validity[row >> 6] & (1UL << (row & 63))) == 0 ? null : _type.Kind switch
    {
        DuckKind.SqlNull => null,
        DuckKind.Boolean => _data[row] != 0,
        DuckKind.TinyInt => ((sbyte*)_data)[row],
        DuckKind.SmallInt => ((short*)_data)[row],
        DuckKind.Integer => ((int*)_data)[row],
        DuckKind.BigInt => ((long*)_data)[row],
        DuckKind.UTinyInt => _data[row],
        DuckKind.USmallInt => ((ushort*)_data)[row],
        DuckKind.UInteger => ((uint*)_data)[row],
        DuckKind.UBigInt => ((ulong*)_data)[row],
        DuckKind.HugeInt => (BigInteger)((Int128*)_data)[row],
        DuckKind.UHugeInt => (BigInteger)((UInt128*)_data)[row],
        DuckKind.Float => ((float*)_data)[row],
        DuckKind.Double => ((double*)_data)[row],
        DuckKind.Decimal when FitsDecimal(row) => Decimal(row),
        DuckKind.Decimal => (double)Unscaled(row) / Math.Pow(10, _type.Scale), // wider than .NET's decimal: its leading digits
        DuckKind.Varchar => Encoding.UTF8.GetString(Bytes(row)),
        DuckKind.Blob or DuckKind.Geometry => Bytes(row).ToArray(),
        DuckKind.Enum => _type.Names[_type.Names.Count <= 256 ? _data[row] : _type.Names.Count <= 65536 ? ((ushort*)_data)[row] : (int)((uint*)_data)[row]],
        DuckKind.Date => DateOnly.FromDayNumber(DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber + ((int*)_data)[row]),
        DuckKind.Time => new TimeOnly(((long*)_data)[row] * TimeSpan.TicksPerMicrosecond),
        DuckKind.Timestamp => Timestamp(((long*)_data)[row], TimeSpan.TicksPerMicrosecond, DateTimeKind.Unspecified),
        DuckKind.TimestampTz => Timestamp(((long*)_data)[row], TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc),
        DuckKind.TimestampS => Timestamp(((long*)_data)[row], TimeSpan.TicksPerSecond, DateTimeKind.Unspecified),
        DuckKind.TimestampMs => Timestamp(((long*)_data)[row], TimeSpan.TicksPerMillisecond, DateTimeKind.Unspecified),
        DuckKind.TimestampNs => Timestamp(((long*)_data)[row] / TimeSpan.NanosecondsPerTick, 1, DateTimeKind.Unspecified),
        DuckKind.Interval => new DuckInterval(((int*)_data)[4 * row], ((int*)_data)[(4 * row) + 1], ((long*)_data)[(2 * row) + 1]),
        DuckKind.Uuid => Uuid(row),
        DuckKind.List => List(_children[0], ((ulong*)_data)[2 * row], ((ulong*)_data)[(2 * row) + 1]),
        DuckKind.Array => List(_children[0], (ulong)(row * _type.Size), (ulong)_type.Size),
        DuckKind.Struct => new DuckStruct(_type.Names, Array.ConvertAll(_children, child => child.Read(row))),
        DuckKind.Map => Map(((ulong*)_data)[2 * row], ((ulong*)_data)[(2 * row) + 1]),
        _ => throw new DuckDbException($"a value of type {_type} cannot be read; cast it to VARCHAR in the query"),
    };

    private static VectorReader[] Fields(nint vector, DuckType type)
    {
        var fields = new VectorReader[type.Children.Count];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new VectorReader(NativeMethods.duckdb_struct_vector_get_child(vector, (ulong)i), type.Children[i]);
        return fields;
    }

    private static object?[] List(VectorReader child, ulong offset, ulong length)
    {
        var values = new object?[length];
        for (var i = 0; i < values.Length; i++)
            values[i] = child.Read((int)offset + i);
        return values;
    }

    private static object Timestamp(long value, long ticks, DateTimeKind kind)
    {
        // DuckDB's calendar is wider than .NET's, and it has infinities: those stay numbers.
        var scaled = (Int128)value * ticks + DateTime.UnixEpoch.Ticks;
        return scaled >= DateTime.MinValue.Ticks && scaled <= DateTime.MaxValue.Ticks ? new DateTime((long)scaled, kind) : value;
    }

    private DuckMap Map(ulong offset, ulong length)
    {
        var entries = new KeyValuePair<object, object?>[length];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new(_children[0].Read((int)offset + i)!, _children[1].Read((int)offset + i));
        return new DuckMap(entries);
    }

    /// <summary>A <c>duckdb_string_t</c>: 4 bytes of length, then up to 12 bytes of text, or 4 of it and a pointer to all.</summary>
    private ReadOnlySpan<byte> Bytes(int row)
    {
        var text = _data + (16L * row);
        var length = *(int*)text;
        return new ReadOnlySpan<byte>(length <= 12 ? text + 4 : *(byte**)(text + 8), length);
    }

    /// <summary>A decimal without its point, stored in the smallest integer that holds its digits.</summary>
    private Int128 Unscaled(int row) => _type.Width switch
    {
        <= 4 => ((short*)_data)[row],
        <= 9 => ((int*)_data)[row],
        <= 18 => ((long*)_data)[row],
        _ => ((Int128*)_data)[row],
    };

    private bool FitsDecimal(int row) => _type.Scale <= 28 && Int128.Abs(Unscaled(row)) <= (Int128)decimal.MaxValue;

    private decimal Decimal(int row)
    {
        var unscaled = Unscaled(row);
        var magnitude = (UInt128)Int128.Abs(unscaled);
        return new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), unscaled < 0, (byte)_type.Scale);
    }

    /// <summary>A UUID: 16 bytes as a signed number whose top bit is flipped, so that it sorts as its text does.</summary>
    private Guid Uuid(int row)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, ((UInt128*)_data)[row] ^ (UInt128.One << 127));
        return new Guid(bytes, bigEndian: true);
    }
}
