namespace Flair.DuckDb;

/// <summary>Limits of a database.</summary>
public sealed record DuckOptions
{
    /// <summary>Bytes that DuckDB's buffers may take before they spill to <see cref="TemporaryDirectory"/>.</summary>
    public long MemoryLimit { get; init; } = 1L << 30;

    /// <summary>Threads; 0: as many as there are cores.</summary>
    public int Threads { get; init; }

    /// <summary>Where DuckDB spills to, made when needed; null: it never spills and a query that outgrows the memory fails.</summary>
    public string? TemporaryDirectory { get; init; }
}

/// <summary>
/// A DuckDB in memory. It downloads nothing: extensions are neither installed nor loaded by themselves (Parquet and JSON are built in).
/// Connections keep the database alive, so it may be disposed before them.
/// </summary>
public sealed class DuckDatabase : IDisposable
{
    private readonly DatabaseHandle _handle;

    /// <summary>Opens an empty one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The memory limit is not positive.</exception>
    /// <exception cref="DuckDbException">DuckDB refused a setting.</exception>
    /// <exception cref="DllNotFoundException">libduckdb is not installed; the message says the fix.</exception>
    public DuckDatabase(DuckOptions? options = null)
    {
        options ??= new DuckOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MemoryLimit);
        if (NativeMethods.duckdb_create_config(out var config) != NativeMethods.Success)
            throw new DuckDbException("DuckDB could not allocate its configuration");
        using (config)
        {
            Set("memory_limit", $"{options.MemoryLimit}B");
            if (options.Threads > 0)
                Set("threads", $"{options.Threads}");
            Set("temp_directory", options.TemporaryDirectory ?? "");
            Set("autoinstall_known_extensions", "false");
            Set("autoload_known_extensions", "false");
            if (NativeMethods.duckdb_open_ext(null, out _handle, config, out var error) != NativeMethods.Success)
                throw new DuckDbException(NativeMethods.TakeText(error));
        }

        void Set(string name, string value)
        {
            if (NativeMethods.duckdb_set_config(config, name, value) != NativeMethods.Success)
                throw new DuckDbException($"DuckDB refuses {name}={value}");
        }
    }

    /// <summary>The library's version, e.g. <c>v1.5.6</c>.</summary>
    /// <exception cref="DllNotFoundException">libduckdb is not installed; the message says the fix.</exception>
    public static string Version => NativeMethods.Text(NativeMethods.duckdb_library_version());

    /// <summary>A new connection. One thread uses a connection at a time.</summary>
    public DuckConnection Connect() =>
        NativeMethods.duckdb_connect(_handle, out var connection) == NativeMethods.Success
            ? new DuckConnection(connection)
            : throw new DuckDbException("DuckDB could not open a connection");

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
