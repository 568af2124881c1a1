using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Flair.Shared;

namespace Flair.DuckDb;

/// <summary>
/// The functions of DuckDB's C API (duckdb.h, 1.5) that the binding uses, under their C names. Functions that destroy take the address of
/// the handle; vectors are borrowed from their chunk and so are plain pointers.
/// </summary>
internal static unsafe partial class NativeMethods
{
    public const string Library = "duckdb";

    /// <summary><c>DuckDBSuccess</c>.</summary>
    public const int Success = 0;

    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "the resolver must be there before the first call")]
    internal static void Initialize() =>
        NativeLocator.Register(typeof(NativeMethods).Assembly, Library, OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so");

    // Database, connection
    [LibraryImport(Library)]
    public static partial nint duckdb_library_version();

    [LibraryImport(Library)]
    public static partial int duckdb_create_config(out ConfigHandle config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_set_config(ConfigHandle config, string name, string option);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_config(ref nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_open_ext(string? path, out DatabaseHandle database, ConfigHandle config, out nint error);

    [LibraryImport(Library)]
    public static partial void duckdb_close(ref nint database);

    [LibraryImport(Library)]
    public static partial int duckdb_connect(DatabaseHandle database, out ConnectionHandle connection);

    [LibraryImport(Library)]
    public static partial void duckdb_interrupt(ConnectionHandle connection);

    [LibraryImport(Library)]
    public static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(Library)]
    public static partial void duckdb_free(nint pointer);

    // Statements
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_query(ConnectionHandle connection, string sql, NativeResult* result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ulong duckdb_extract_statements(ConnectionHandle connection, string sql, out ExtractedHandle statements);

    [LibraryImport(Library)]
    public static partial nint duckdb_extract_statements_error(ExtractedHandle statements);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_extracted(ref nint statements);

    [LibraryImport(Library)]
    public static partial int duckdb_prepare_extracted_statement(
        ConnectionHandle connection, ExtractedHandle statements, ulong index, out PreparedHandle prepared);

    [LibraryImport(Library)]
    public static partial nint duckdb_prepare_error(PreparedHandle prepared);

    [LibraryImport(Library)]
    public static partial int duckdb_prepared_statement_type(PreparedHandle prepared);

    [LibraryImport(Library)]
    public static partial int duckdb_execute_prepared_streaming(PreparedHandle prepared, NativeResult* result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_prepare(ref nint prepared);

    // Results
    [LibraryImport(Library)]
    public static partial nint duckdb_result_error(NativeResult* result);

    [LibraryImport(Library)]
    public static partial ulong duckdb_column_count(NativeResult* result);

    [LibraryImport(Library)]
    public static partial nint duckdb_column_name(NativeResult* result, ulong column);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_column_logical_type(NativeResult* result, ulong column);

    [LibraryImport(Library)]
    public static partial ChunkHandle duckdb_fetch_chunk(NativeResult result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_result(NativeResult* result);

    // Types
    [LibraryImport(Library)]
    public static partial int duckdb_get_type_id(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial byte duckdb_decimal_width(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial byte duckdb_decimal_scale(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial uint duckdb_enum_dictionary_size(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial nint duckdb_enum_dictionary_value(LogicalTypeHandle type, ulong index);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_list_type_child_type(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_array_type_child_type(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial ulong duckdb_array_type_array_size(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_map_type_key_type(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_map_type_value_type(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial ulong duckdb_struct_type_child_count(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial nint duckdb_struct_type_child_name(LogicalTypeHandle type, ulong index);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_struct_type_child_type(LogicalTypeHandle type, ulong index);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_logical_type(ref nint type);

    // Chunks and vectors
    [LibraryImport(Library)]
    public static partial ulong duckdb_vector_size();

    [LibraryImport(Library)]
    public static partial ChunkHandle duckdb_create_data_chunk(nint* types, ulong columns);

    [LibraryImport(Library)]
    public static partial ulong duckdb_data_chunk_get_size(ChunkHandle chunk);

    [LibraryImport(Library)]
    public static partial void duckdb_data_chunk_set_size(ChunkHandle chunk, ulong size);

    [LibraryImport(Library)]
    public static partial nint duckdb_data_chunk_get_vector(ChunkHandle chunk, ulong column);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_data_chunk(ref nint chunk);

    [LibraryImport(Library)]
    public static partial byte* duckdb_vector_get_data(nint vector);

    [LibraryImport(Library)]
    public static partial ulong* duckdb_vector_get_validity(nint vector);

    [LibraryImport(Library)]
    public static partial void duckdb_vector_ensure_validity_writable(nint vector);

    [LibraryImport(Library)]
    public static partial void duckdb_vector_assign_string_element_len(nint vector, ulong row, byte* text, ulong length);

    [LibraryImport(Library)]
    public static partial nint duckdb_list_vector_get_child(nint vector);

    [LibraryImport(Library)]
    public static partial ulong duckdb_list_vector_get_size(nint vector);

    [LibraryImport(Library)]
    public static partial int duckdb_list_vector_set_size(nint vector, ulong size);

    [LibraryImport(Library)]
    public static partial int duckdb_list_vector_reserve(nint vector, ulong capacity);

    [LibraryImport(Library)]
    public static partial nint duckdb_array_vector_get_child(nint vector);

    [LibraryImport(Library)]
    public static partial nint duckdb_struct_vector_get_child(nint vector, ulong index);

    // Appender
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_appender_create(ConnectionHandle connection, string? schema, string table, out AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial ulong duckdb_appender_column_count(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_appender_column_type(AppenderHandle appender, ulong column);

    [LibraryImport(Library)]
    public static partial int duckdb_append_data_chunk(AppenderHandle appender, ChunkHandle chunk);

    [LibraryImport(Library)]
    public static partial int duckdb_appender_close(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial nint duckdb_appender_error(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial int duckdb_appender_destroy(ref nint appender);

    /// <summary>A string that DuckDB keeps; empty for a null pointer.</summary>
    public static string Text(nint pointer) => Marshal.PtrToStringUTF8(pointer) ?? "";

    /// <summary>A string that DuckDB hands over: copied, then freed.</summary>
    public static string TakeText(nint pointer)
    {
        var text = Text(pointer);
        duckdb_free(pointer);
        return text;
    }
}

/// <summary><c>duckdb_result</c>: five deprecated fields and the pointer that counts.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeResult
{
    private readonly ulong _columnCount;
    private readonly ulong _rowCount;
    private readonly ulong _rowsChanged;
    private readonly nint _columns;
    private readonly nint _errorMessage;
    private readonly nint _internalData;
}
