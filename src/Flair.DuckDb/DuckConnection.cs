namespace Flair.DuckDb;

/// <summary>A connection; one thread uses it at a time.</summary>
public sealed class DuckConnection : IDisposable
{
    private readonly ConnectionHandle _handle;

    internal DuckConnection(ConnectionHandle handle) => _handle = handle;

    /// <summary>Runs one or more statements to their end and drops what they return.</summary>
    /// <exception cref="DuckDbException">DuckDB's message.</exception>
    public unsafe void Execute(string sql)
    {
        using var result = new ResultHandle();
        if (NativeMethods.duckdb_query(_handle, sql, result.Pointer) != NativeMethods.Success)
            throw new DuckDbException(NativeMethods.Text(NativeMethods.duckdb_result_error(result.Pointer)));
    }

    /// <summary>Parses and binds one statement without running it.</summary>
    /// <exception cref="DuckDbException">It is not one statement, or DuckDB's message.</exception>
    public DuckStatement Prepare(string sql)
    {
        var count = NativeMethods.duckdb_extract_statements(_handle, sql, out var statements);
        using (statements)
        {
            if (count == 0 && NativeMethods.Text(NativeMethods.duckdb_extract_statements_error(statements)) is { Length: > 0 } error)
                throw new DuckDbException(error);
            if (count != 1)
                throw new DuckDbException($"one SQL statement is wanted, not {count}");
            var state = NativeMethods.duckdb_prepare_extracted_statement(_handle, statements, 0, out var prepared);
            if (state == NativeMethods.Success)
                return new DuckStatement(prepared);
            using (prepared)
                throw new DuckDbException(NativeMethods.Text(NativeMethods.duckdb_prepare_error(prepared)));
        }
    }

    /// <summary>Runs one statement; its rows come as they are computed. Read them before the next statement of the connection: it ends this one.</summary>
    /// <exception cref="DuckDbException">It is not one statement, or DuckDB's message.</exception>
    public DuckResult Query(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Execute();
    }

    /// <summary>The first column of the first row; null when there is no row.</summary>
    /// <exception cref="DuckDbException">It is not one statement, or DuckDB's message.</exception>
    public object? Scalar(string sql)
    {
        using var result = Query(sql);
        return result.Rows().FirstOrDefault()?[0];
    }

    /// <summary>Appends rows to a table of this connection. Dispose it before the table is read.</summary>
    /// <exception cref="DuckDbException">There is no such table.</exception>
    public DuckAppender Append(string table) => new(_handle, table);

    /// <summary>Makes the statement that runs on another thread fail soon.</summary>
    public void Interrupt() => NativeMethods.duckdb_interrupt(_handle);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
