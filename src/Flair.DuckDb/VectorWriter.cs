using System.Collections;
using System.Text;

namespace Flair.DuckDb;

/// <summary>Writes values into one vector of a chunk; valid while the chunk is.</summary>
internal sealed unsafe class VectorWriter
{
    private readonly nint _vector;
    private readonly DuckType _type;
    private readonly VectorWriter[] _children;

    public VectorWriter(nint vector, DuckType type)
    {
        _vector = vector;
        _type = type;
        _children = type.Kind switch
        {
            DuckKind.List => [new VectorWriter(NativeMethods.duckdb_list_vector_get_child(vector), type.Children[0])],
            DuckKind.Struct => Fields(vector, type),
            _ => [],
        };
    }

    // Reserving room in a list moves what is inside it, so the address is asked for at every write.
    private byte* Data => NativeMethods.duckdb_vector_get_data(_vector);

    public void Write(int row, object? value)
    {
        switch (_type.Kind, value)
        {
            case (_, null):
                WriteNull(row);
                break;
            case (DuckKind.Boolean, bool v):
                Data[row] = v ? (byte)1 : (byte)0;
                break;
            case (DuckKind.Integer, int v):
                ((int*)Data)[row] = v;
                break;
            case (DuckKind.BigInt, long v):
                ((long*)Data)[row] = v;
                break;
            case (DuckKind.UBigInt, ulong v):
                ((ulong*)Data)[row] = v;
                break;
            case (DuckKind.Float, float v):
                ((float*)Data)[row] = v;
                break;
            case (DuckKind.Double, double v):
                ((double*)Data)[row] = v;
                break;
            case (DuckKind.Timestamp, DateTime v):
                ((long*)Data)[row] = (v.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
                break;
            case (DuckKind.Varchar, string v):
                WriteBytes(row, Encoding.UTF8.GetBytes(v));
                break;
            case (DuckKind.Blob, byte[] v):
                WriteBytes(row, v);
                break;
            case (DuckKind.List, IReadOnlyList<long> v) when _type.Children[0].Kind == DuckKind.BigInt:
                var first = BeginList(row, v.Count);
                var longs = (long*)_children[0].Data + first;
                for (var i = 0; i < v.Count; i++)
                    longs[i] = v[i];
                break;
            case (DuckKind.List, ICollection v):
                var at = BeginList(row, v.Count);
                foreach (var item in v)
                    _children[0].Write(at++, item);
                break;
            case (DuckKind.Struct, object?[] v) when v.Length == _children.Length:
                for (var i = 0; i < v.Length; i++)
                    _children[i].Write(row, v[i]);
                break;
            default:
                throw new ArgumentException($"a {value.GetType().Name} does not fit into a column of type {_type}", nameof(value));
        }
    }

    private static VectorWriter[] Fields(nint vector, DuckType type)
    {
        var fields = new VectorWriter[type.Children.Count];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new VectorWriter(NativeMethods.duckdb_struct_vector_get_child(vector, (ulong)i), type.Children[i]);
        return fields;
    }

    private void WriteNull(int row)
    {
        NativeMethods.duckdb_vector_ensure_validity_writable(_vector);
        NativeMethods.duckdb_vector_get_validity(_vector)[row >> 6] &= ~(1UL << (row & 63));
        if (_type.Kind == DuckKind.List)
            BeginList(row, 0);
        else if (_type.Kind == DuckKind.Struct)
            Array.ForEach(_children, child => child.WriteNull(row));
    }

    private void WriteBytes(int row, byte[] bytes)
    {
        fixed (byte* first = bytes)
            NativeMethods.duckdb_vector_assign_string_element_len(_vector, (ulong)row, first, (ulong)bytes.Length);
    }

    /// <summary>Makes room for a row's elements and returns the place of the first.</summary>
    private int BeginList(int row, int count)
    {
        var offset = NativeMethods.duckdb_list_vector_get_size(_vector);
        var size = offset + (ulong)count;
        if (NativeMethods.duckdb_list_vector_reserve(_vector, size) != NativeMethods.Success
            || NativeMethods.duckdb_list_vector_set_size(_vector, size) != NativeMethods.Success)
            throw new DuckDbException("DuckDB could not grow a list");
        var entry = (ulong*)Data + (2L * row);
        entry[0] = offset;
        entry[1] = (ulong)count;
        return checked((int)offset);
    }
}
