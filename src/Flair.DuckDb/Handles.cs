using System.Runtime.InteropServices;

namespace Flair.DuckDb;

/// <summary>A DuckDB object that its own destroy function frees, which takes the handle's address.</summary>
internal abstract class DuckHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
}

internal sealed class ConfigHandle : DuckHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_config(ref handle);
        return true;
    }
}

internal sealed class DatabaseHandle : DuckHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_close(ref handle);
        return true;
    }
}

internal sealed class ConnectionHandle : DuckHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_disconnect(ref handle);
        return true;
    }
}

internal sealed class ExtractedHandle : DuckHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_extracted(ref handle);
        return true;
    }
}

internal sealed class PreparedHandle : DuckHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_prepare(ref handle);
        return true;
    }
}

internal sealed class LogicalTypeHandle : DuckHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_logical_type(ref handle);
        return true;
    }
}

internal sealed class ChunkHandle : DuckHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_data_chunk(ref handle);
        return true;
    }
}

internal sealed class AppenderHandle : DuckHandle
{
    protected override bool ReleaseHandle() => NativeMethods.duckdb_appender_destroy(ref handle) == NativeMethods.Success;
}

/// <summary>A <c>duckdb_result</c> in native memory of its own, destroyed with what it holds.</summary>
internal sealed unsafe class ResultHandle : DuckHandle
{
    public ResultHandle()
    {
        handle = (nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult));
    }

    public NativeResult* Pointer => (NativeResult*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_result(Pointer);
        NativeMemory.Free((void*)handle);
        return true;
    }
}
