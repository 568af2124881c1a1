namespace Flair.DuckDb.Tests;

public sealed class AppenderTests : IDisposable
{
    private readonly DuckDatabase _database = new(new DuckOptions { Threads = 1 });
    private readonly DuckConnection _connection;

    public AppenderTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void RowsComeBackAsTheyWent()
    {
        _connection.Execute("""
            CREATE TABLE t (b BOOLEAN, i INTEGER, l BIGINT, u UBIGINT, d DOUBLE, s VARCHAR, x BLOB, ts TIMESTAMP,
                h BIGINT[], files STRUCT(path VARCHAR, bytes BIGINT)[], box STRUCT(xmin DOUBLE, ymin DOUBLE))
            """);
        const int count = 5000; // more than two chunks
        using (var appender = _connection.Append("t"))
        {
            for (var n = 0; n < count; n++)
                appender.AppendRow(Row(n));
            appender.Complete();
        }

        using var result = _connection.Query("SELECT * FROM t");
        var at = 0;
        foreach (var row in result.Rows())
            Assert.Equal(Flat(Row(at++)), Flat(row));
        Assert.Equal(count, at);
    }

    [Fact]
    public void WithoutCompleteTheLastRowsAreDropped()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER)");
        using (var appender = _connection.Append("t"))
            appender.AppendRow(1);
        Assert.Equal(0L, _connection.Scalar("SELECT count(*) FROM t"));
    }

    [Fact]
    public void AWrongTypeOrCountIsRefused()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER, s VARCHAR)");
        using var appender = _connection.Append("t");
        Assert.Contains("INTEGER", Assert.Throws<ArgumentException>(() => appender.AppendRow(1L, "a")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => appender.AppendRow(1));
    }

    [Fact]
    public void AMissingTableIsNamed()
    {
        var e = Assert.Throws<DuckDbException>(() => _connection.Append("nothere"));
        Assert.Contains("nothere", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ABrokenConstraintIsSaid()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER NOT NULL)");
        using var appender = _connection.Append("t");
        appender.AppendRow([null]);
        Assert.Contains("NOT NULL", Assert.Throws<DuckDbException>(appender.Complete).Message, StringComparison.Ordinal);
    }

    private static object?[] Row(int n) => n % 7 == 3
        ? new object?[11]
        :
        [
            n % 2 == 0, n, n * 10_000_000_000L, ulong.MaxValue - (ulong)n, n / 7.0, n % 5 == 0 ? "" : $"row number {n} é", new byte[] { 1, 0, (byte)n },
            new DateTime(2026, 1, 1).AddSeconds(n), Enumerable.Range(0, n % 20).Select(i => (long)i * n).ToArray(),
            Enumerable.Range(0, n % 3).Select(i => i == 1 ? null : new object?[] { $"/a/path/that/is/long/{n}-{i}.tif", (long)n }).ToArray(),
            new object?[] { n + 0.5, n % 2 == 0 ? null : -n - 0.5 },
        ];

    /// <summary>A value as text, whichever of the two shapes (given, read) it has.</summary>
    private static string Flat(object? value) => value switch
    {
        null => "null",
        DuckStruct s => Flat(s.Values.ToArray()),
        byte[] b => Convert.ToHexString(b),
        System.Collections.IEnumerable list and not string => $"[{string.Join(",", list.Cast<object?>().Select(Flat))}]",
        _ => value.ToString()!,
    };
}
