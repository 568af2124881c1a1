namespace Flair.DuckDb;

/// <summary><c>duckdb_type</c>: the kinds of values, under DuckDB's names and numbers.</summary>
public enum DuckKind
{
#pragma warning disable CS1591 // DuckDB's documentation of its types says what each is: https://duckdb.org/docs/stable/sql/data_types/overview
    Invalid = 0,
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,
    Timestamp = 12,
    Date = 13,
    Time = 14,
    Interval = 15,
    HugeInt = 16,
    Varchar = 17,
    Blob = 18,
    Decimal = 19,
    TimestampS = 20,
    TimestampMs = 21,
    TimestampNs = 22,
    Enum = 23,
    List = 24,
    Struct = 25,
    Map = 26,
    Uuid = 27,
    Union = 28,
    Bit = 29,
    TimeTz = 30,
    TimestampTz = 31,
    UHugeInt = 32,
    Array = 33,
    BigNum = 35,
    SqlNull = 36,
    TimeNs = 39,
    Geometry = 40,
    Variant = 41,
#pragma warning restore CS1591
}

/// <summary>A column's or a nested value's type.</summary>
public sealed class DuckType
{
    private DuckType(DuckKind kind) => Kind = kind;

    /// <summary>What it is.</summary>
    public DuckKind Kind { get; }

    /// <summary>Types inside: one for a list or an array, key and value for a map, one a field for a struct; else empty.</summary>
    public IReadOnlyList<DuckType> Children { get; private init; } = [];

    /// <summary>A struct's fields, or an enum's values in order; else empty.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>All digits of a decimal, 1 to 38; else 0.</summary>
    public int Width { get; private init; }

    /// <summary>Digits after a decimal's point; else 0.</summary>
    public int Scale { get; private init; }

    /// <summary>Elements of an array; else 0.</summary>
    public int Size { get; private init; }

    /// <summary>The type as SQL writes it, e.g. <c>STRUCT(path VARCHAR, bytes BIGINT)[]</c>.</summary>
    public override string ToString() => Kind switch
    {
        DuckKind.List => $"{Children[0]}[]",
        DuckKind.Array => $"{Children[0]}[{Size}]",
        DuckKind.Map => $"MAP({Children[0]}, {Children[1]})",
        DuckKind.Struct => $"STRUCT({string.Join(", ", Names.Zip(Children, (name, type) => $"{name} {type}"))})",
        DuckKind.Decimal => $"DECIMAL({Width},{Scale})",
        DuckKind.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckKind.TimestampS => "TIMESTAMP_S",
        DuckKind.TimestampMs => "TIMESTAMP_MS",
        DuckKind.TimestampNs => "TIMESTAMP_NS",
        _ => Kind.ToString().ToUpperInvariant(),
    };

    /// <summary>Reads a native type and what it is made of; the caller keeps the handle.</summary>
    internal static DuckType From(LogicalTypeHandle type)
    {
        var kind = (DuckKind)NativeMethods.duckdb_get_type_id(type);
        switch (kind)
        {
            case DuckKind.List:
                return new DuckType(kind) { Children = [Take(NativeMethods.duckdb_list_type_child_type(type))] };
            case DuckKind.Array:
                return new DuckType(kind)
                {
                    Children = [Take(NativeMethods.duckdb_array_type_child_type(type))],
                    Size = checked((int)NativeMethods.duckdb_array_type_array_size(type)),
                };
            case DuckKind.Map:
                return new DuckType(kind)
                {
                    Children = [Take(NativeMethods.duckdb_map_type_key_type(type)), Take(NativeMethods.duckdb_map_type_value_type(type))],
                };
            case DuckKind.Decimal:
                return new DuckType(kind) { Width = NativeMethods.duckdb_decimal_width(type), Scale = NativeMethods.duckdb_decimal_scale(type) };
            case DuckKind.Enum:
                var values = new string[NativeMethods.duckdb_enum_dictionary_size(type)];
                for (var i = 0; i < values.Length; i++)
                    values[i] = NativeMethods.TakeText(NativeMethods.duckdb_enum_dictionary_value(type, (ulong)i));
                return new DuckType(kind) { Names = values };
            case DuckKind.Struct:
                var count = (int)NativeMethods.duckdb_struct_type_child_count(type);
                var names = new string[count];
                var children = new DuckType[count];
                for (var i = 0; i < count; i++)
                {
                    names[i] = NativeMethods.TakeText(NativeMethods.duckdb_struct_type_child_name(type, (ulong)i));
                    children[i] = Take(NativeMethods.duckdb_struct_type_child_type(type, (ulong)i));
                }

                return new DuckType(kind) { Names = names, Children = children };
            default:
                return new DuckType(kind);
        }
    }

    /// <summary>As <see cref="From"/>, and frees the handle.</summary>
    internal static DuckType Take(LogicalTypeHandle type)
    {
        using (type)
            return From(type);
    }
}

/// <summary>A column of a result.</summary>
/// <param name="Name">As the query named it; not necessarily unique.</param>
/// <param name="Type">Its type.</param>
public sealed record DuckColumn(string Name, DuckType Type);
