namespace Flair.DuckDb;

/// <summary><c>duckdb_statement_type</c>, as far as callers tell statements apart.</summary>
public enum DuckStatementType
{
    /// <summary>Not known to this binding.</summary>
    Other = 0,

    /// <summary>Reads: SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE.</summary>
    Select = 1,
}

/// <summary>One parsed and bound statement.</summary>
public sealed class DuckStatement : IDisposable
{
    private readonly PreparedHandle _handle;

    internal DuckStatement(PreparedHandle handle) => _handle = handle;

    /// <summary>What it does.</summary>
    public DuckStatementType Type =>
        NativeMethods.duckdb_prepared_statement_type(_handle) == (int)DuckStatementType.Select ? DuckStatementType.Select : DuckStatementType.Other;

    /// <summary>Runs it; the rows come as they are computed.</summary>
    /// <exception cref="DuckDbException">DuckDB's message.</exception>
    public unsafe DuckResult Execute()
    {
        var result = new ResultHandle();
        if (NativeMethods.duckdb_execute_prepared_streaming(_handle, result.Pointer) == NativeMethods.Success)
            return new DuckResult(result);
        using (result)
            throw new DuckDbException(NativeMethods.Text(NativeMethods.duckdb_result_error(result.Pointer)));
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
