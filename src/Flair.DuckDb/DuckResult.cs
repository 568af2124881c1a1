namespace Flair.DuckDb;

/// <summary>
/// What a statement returns, a chunk of rows at a time: memory does not grow with the number of rows. Values are bool, the integers,
/// <see cref="System.Numerics.BigInteger"/> (HUGEINT), float, double, decimal, string, byte[] (BLOB, GEOMETRY as WKB), DateOnly, TimeOnly,
/// DateTime, DuckInterval, Guid, object?[] (LIST, ARRAY), <see cref="DuckStruct"/>, <see cref="DuckMap"/>, or null.
/// </summary>
public sealed class DuckResult : IDisposable
{
    private readonly ResultHandle _handle;
    private bool _read;

    internal unsafe DuckResult(ResultHandle handle)
    {
        _handle = handle;
        var columns = new DuckColumn[(int)NativeMethods.duckdb_column_count(handle.Pointer)];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = new DuckColumn(
                NativeMethods.Text(NativeMethods.duckdb_column_name(handle.Pointer, (ulong)i)),
                DuckType.Take(NativeMethods.duckdb_column_logical_type(handle.Pointer, (ulong)i)));
        }

        Columns = columns;
    }

    /// <summary>Names and types, in order.</summary>
    public IReadOnlyList<DuckColumn> Columns { get; }

    /// <summary>The rows, once, each a new array.</summary>
    /// <exception cref="DuckDbException">The query failed on the way, or a column's type has no managed counterpart.</exception>
    /// <exception cref="InvalidOperationException">They were read before.</exception>
    public IEnumerable<object?[]> Rows()
    {
        if (_read)
            throw new InvalidOperationException("the rows of a result can be read once");
        _read = true;
        while (true)
        {
            using var chunk = Fetch();
            if (chunk.IsInvalid)
            {
                Verify();
                yield break;
            }

            var size = (int)NativeMethods.duckdb_data_chunk_get_size(chunk);
            var readers = new VectorReader[Columns.Count];
            for (var i = 0; i < readers.Length; i++)
                readers[i] = new VectorReader(NativeMethods.duckdb_data_chunk_get_vector(chunk, (ulong)i), Columns[i].Type);
            for (var row = 0; row < size; row++)
            {
                var values = new object?[readers.Length];
                for (var i = 0; i < values.Length; i++)
                    values[i] = readers[i].Read(row);
                yield return values;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private unsafe ChunkHandle Fetch()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        return NativeMethods.duckdb_fetch_chunk(*_handle.Pointer);
    }

    private unsafe void Verify()
    {
        if (NativeMethods.Text(NativeMethods.duckdb_result_error(_handle.Pointer)) is { Length: > 0 } error)
            throw new DuckDbException(error);
    }
}
