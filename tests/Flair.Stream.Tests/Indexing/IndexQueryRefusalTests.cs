using Flair.Indexing;

namespace Flair.Tests.Indexing;

/// <summary>A finished run with a file beside its index that no query may read, opened once.</summary>
public sealed class FinishedRun : IDisposable
{
    public FinishedRun()
    {
        IndexWriter.Compact(Output.Layout, IndexData.WriteRun(Output.Layout, 3), IndexData.Description);
        File.Copy(Output.Layout.Tiles, Path.Combine(Output.Path, "secret.parquet"));
        Inspector = new IndexInspector(Output.Path);
    }

    internal OutputDirectory Output { get; } = new();

    internal IndexInspector Inspector { get; }

    public void Dispose()
    {
        Inspector.Dispose();
        Output.Dispose();
    }
}

public sealed class IndexQueryRefusalTests(FinishedRun run) : IClassFixture<FinishedRun>
{
    [Theory]
    [InlineData("DROP VIEW slices")]
    [InlineData("CREATE TABLE t AS SELECT 1")]
    [InlineData("INSERT INTO tiles SELECT * FROM tiles")]
    [InlineData("UPDATE tiles SET seconds = 0")]
    [InlineData("DELETE FROM tiles")]
    [InlineData("COPY tiles TO '{dir}/new.parquet'")]
    [InlineData("COPY tiles TO '{dir}/tiles.parquet'")]
    [InlineData("EXPORT DATABASE '{dir}/new'")]
    [InlineData("IMPORT DATABASE '{dir}/new'")]
    [InlineData("ATTACH '{dir}/new.db'")]
    [InlineData("ATTACH ':memory:' AS other")]
    [InlineData("SET enable_external_access = true")]
    [InlineData("SET memory_limit = '100GB'")]
    [InlineData("RESET memory_limit")]
    [InlineData("PRAGMA database_list")]
    [InlineData("pragma show_tables")]
    [InlineData("CALL duckdb_settings()")]
    [InlineData("INSTALL spatial")]
    [InlineData("LOAD '{dir}/x.duckdb_extension'")]
    [InlineData("EXPLAIN ANALYZE SELECT 1")]
    [InlineData("CHECKPOINT")]
    [InlineData("BEGIN")]
    [InlineData("PREPARE p AS SELECT 1")]
    [InlineData("SELECT 1; DROP VIEW slices")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM '/etc/passwd.csv'")]
    [InlineData("SELECT * FROM read_parquet('{dir}/secret.parquet')")]
    [InlineData("SELECT * FROM read_blob('{dir}/.flair/index.json')")]
    [InlineData("SELECT * FROM glob('/etc/*')")]
    [InlineData("SELECT * FROM 'https://example.org/x.parquet'")]
    [InlineData("SELECT * FROM query('COPY (SELECT 1) TO ''{dir}/new.csv''')")]
    [InlineData("SELECT * FROM nowhere")]
    [InlineData("SELECT columne FROM slices")]
    [InlineData("SELEKT 1")]
    [InlineData("")]
    public void WhatDoesNotJustReadTheTablesIsRefusedInOneLine(string sql)
    {
        var before = Files();
        var e = Assert.Throws<FlairException>(() => Rows(sql.Replace("{dir}", run.Output.Path.Replace("'", "''", StringComparison.Ordinal), StringComparison.Ordinal)));
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(before, Files());
        Assert.Equal([9L], Rows("SELECT count(*) FROM tiles").Single());
    }

    private List<object?[]> Rows(string sql)
    {
        using var result = run.Inspector.Query(sql);
        return [.. result.Rows()];
    }

    private List<string> Files() =>
        [.. Directory.GetFiles(run.Output.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => $"{path} {new FileInfo(path).LastWriteTimeUtc.Ticks}")];
}
