namespace Flair.DuckDb;

/// <summary>
/// Appends rows to a table, a chunk at a time. Nothing is certain to be in the table before <see cref="Complete"/>; without it the rows
/// of the last chunk are dropped.
/// </summary>
public sealed class DuckAppender : IDisposable
{
    private readonly AppenderHandle _handle;
    private readonly LogicalTypeHandle[] _types;
    private readonly DuckType[] _columns;
    private readonly int _capacity = (int)NativeMethods.duckdb_vector_size();
    private VectorWriter[] _writers = [];
    private ChunkHandle? _chunk;
    private int _rows;

    internal DuckAppender(ConnectionHandle connection, string table)
    {
        var state = NativeMethods.duckdb_appender_create(connection, null, table, out _handle);
        if (state != NativeMethods.Success)
        {
            using (_handle)
                throw new DuckDbException(NativeMethods.Text(NativeMethods.duckdb_appender_error(_handle)));
        }

        _types = new LogicalTypeHandle[NativeMethods.duckdb_appender_column_count(_handle)];
        _columns = new DuckType[_types.Length];
        for (var i = 0; i < _types.Length; i++)
        {
            _types[i] = NativeMethods.duckdb_appender_column_type(_handle, (ulong)i);
            _columns[i] = DuckType.From(_types[i]);
        }
    }

    /// <summary>
    /// Appends a row: one value a column, of the column's own type (no casts): bool, int, long, double, string, byte[], DateTime,
    /// a list for LIST, the fields' values in order as object?[] for STRUCT; null anywhere.
    /// </summary>
    /// <exception cref="ArgumentException">The number of values or the type of one does not fit.</exception>
    /// <exception cref="DuckDbException">DuckDB's message.</exception>
    public void AppendRow(params ReadOnlySpan<object?> values)
    {
        if (values.Length != _columns.Length)
            throw new ArgumentException($"the table has {_columns.Length} columns, the row {values.Length}", nameof(values));
        if (_chunk is null)
            Begin();
        for (var i = 0; i < values.Length; i++)
            _writers[i].Write(_rows, values[i]);
        if (++_rows == _capacity)
            Flush();
    }

    /// <summary>Hands all rows to the table.</summary>
    /// <exception cref="DuckDbException">DuckDB's message.</exception>
    public void Complete()
    {
        Flush();
        if (NativeMethods.duckdb_appender_close(_handle) != NativeMethods.Success)
            throw new DuckDbException(NativeMethods.Text(NativeMethods.duckdb_appender_error(_handle)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _chunk?.Dispose();
        _handle.Dispose();
        foreach (var type in _types)
            type.Dispose();
    }

    private unsafe void Begin()
    {
        var types = Array.ConvertAll(_types, type => type.DangerousGetHandle());
        fixed (nint* first = types)
            _chunk = NativeMethods.duckdb_create_data_chunk(first, (ulong)types.Length);
        GC.KeepAlive(_types);
        _rows = 0;
        _writers = new VectorWriter[types.Length];
        for (var i = 0; i < types.Length; i++)
            _writers[i] = new VectorWriter(NativeMethods.duckdb_data_chunk_get_vector(_chunk, (ulong)i), _columns[i]);
    }

    private void Flush()
    {
        if (_chunk is null)
            return;
        using (_chunk)
        {
            NativeMethods.duckdb_data_chunk_set_size(_chunk, (ulong)_rows);
            if (NativeMethods.duckdb_append_data_chunk(_handle, _chunk) != NativeMethods.Success)
                throw new DuckDbException(NativeMethods.Text(NativeMethods.duckdb_appender_error(_handle)));
        }

        _chunk = null;
    }
}
