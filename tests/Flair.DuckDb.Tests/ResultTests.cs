using System.Numerics;

namespace Flair.DuckDb.Tests;

public sealed class ResultTests : IDisposable
{
    private readonly DuckDatabase _database = new(new DuckOptions { Threads = 1 });
    private readonly DuckConnection _connection;

    public ResultTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("(-7)::TINYINT", (sbyte)-7)]
    [InlineData("(-300)::SMALLINT", (short)-300)]
    [InlineData("-70000", -70000)]
    [InlineData("-5000000000", -5000000000L)]
    [InlineData("200::UTINYINT", (byte)200)]
    [InlineData("60000::USMALLINT", (ushort)60000)]
    [InlineData("4000000000::UINTEGER", 4000000000u)]
    [InlineData("18446744073709551615::UBIGINT", ulong.MaxValue)]
    [InlineData("0.5::FLOAT", 0.5f)]
    [InlineData("0.1::DOUBLE", 0.1)]
    [InlineData("''", "")]
    [InlineData("'twelve bytes'", "twelve bytes")]
    [InlineData("'thirteen byte'", "thirteen byte")]
    [InlineData("'forêt de feuillus, à l''ouest'", "forêt de feuillus, à l'ouest")]
    [InlineData("'b'::ENUM ('a', 'b')", "b")]
    [InlineData("NULL", null)]
    [InlineData("NULL::STRUCT(a INTEGER)", null)]
    public void ReadsScalars(string sql, object? expected) => Assert.Equal(expected, _connection.Scalar($"SELECT {sql}"));

    [Fact]
    public void ReadsWideAndCalendarTypes()
    {
        Assert.Equal(BigInteger.Parse("-170141183460469231731687303715884105727"), _connection.Scalar("SELECT (-170141183460469231731687303715884105727)::HUGEINT"));
        Assert.Equal(BigInteger.Pow(2, 128) - 1, _connection.Scalar("SELECT 340282366920938463463374607431768211455::UHUGEINT"));
        Assert.Equal(-12.34m, _connection.Scalar("SELECT (-12.34)::DECIMAL(4,2)"));
        Assert.Equal(1234567.891m, _connection.Scalar("SELECT 1234567.891::DECIMAL(18,3)"));
        Assert.Equal(0.125m, _connection.Scalar("SELECT 0.125::DECIMAL(38,3)"));
        Assert.Equal(new DateOnly(1969, 12, 30), _connection.Scalar("SELECT DATE '1969-12-30'"));
        Assert.Equal(new TimeOnly(23, 59, 58), _connection.Scalar("SELECT TIME '23:59:58'"));
        Assert.Equal(new DateTime(2024, 2, 29, 1, 2, 3), _connection.Scalar("SELECT TIMESTAMP '2024-02-29 01:02:03'"));
        Assert.Equal(new DateTime(2024, 2, 29, 1, 2, 3), _connection.Scalar("SELECT TIMESTAMP_NS '2024-02-29 01:02:03'"));
        Assert.Equal(new DuckInterval(14, 3, 1_000_000), _connection.Scalar("SELECT INTERVAL '14 months 3 days 1 second'"));
        Assert.Equal(Guid.Parse("8a1b2c3d-0000-4000-8000-0123456789ab"), _connection.Scalar("SELECT '8a1b2c3d-0000-4000-8000-0123456789ab'::UUID"));
        Assert.Equal(new byte[] { 0, 255, 65 }, _connection.Scalar(@"SELECT '\x00\xFFA'::BLOB"));
    }

    [Fact]
    public void ReadsNestedValues()
    {
        Assert.Equal(new object?[] { 1, null, 3 }, _connection.Scalar("SELECT [1, NULL, 3]"));
        Assert.Equal(Array.Empty<object?>(), _connection.Scalar("SELECT []::INTEGER[]"));
        Assert.Equal(new object?[] { 1, 2 }, _connection.Scalar("SELECT [1, 2]::INTEGER[2]"));
        var structure = Assert.IsType<DuckStruct>(_connection.Scalar("SELECT {'path': 'a long path indeed.tif', 'sizes': [{'bytes': 12}, NULL]}"));
        Assert.Equal(["path", "sizes"], structure.Names);
        Assert.Equal("a long path indeed.tif", structure["path"]);
        var sizes = Assert.IsType<object?[]>(structure["sizes"]);
        Assert.Equal(12, Assert.IsType<DuckStruct>(sizes[0])["bytes"]);
        Assert.Null(sizes[1]);
        var map = Assert.IsType<DuckMap>(_connection.Scalar("SELECT MAP {'x': 1, 'y': NULL}"));
        Assert.Equal([new("x", 1), new("y", null)], map.Entries);
    }

    [Fact]
    public void ReadsManyChunksInOrderWithTheirNulls()
    {
        using var result = _connection.Query("SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE [i, i + 1] END AS pair FROM range(10000) t(i)");
        Assert.Equal(["i BIGINT", "pair BIGINT[]"], result.Columns.Select(c => $"{c.Name} {c.Type}"));
        var expected = 0L;
        foreach (var row in result.Rows())
        {
            Assert.Equal(expected, row[0]);
            Assert.Equal(expected % 3 == 0 ? null : new object?[] { expected, expected + 1 }, row[1]);
            expected++;
        }

        Assert.Equal(10000, expected);
        Assert.Throws<InvalidOperationException>(() => result.Rows().ToList());
    }

    [Fact]
    public void StreamsRatherThanMaterializes()
    {
        using var database = new DuckDatabase(new DuckOptions { Threads = 1, MemoryLimit = 64 << 20 });
        using var connection = database.Connect();
        using var result = connection.Query("SELECT repeat('x', 4000) || i FROM range(100000) t(i)"); // 400 MB
        Assert.Equal(100_000, result.Rows().Count());
    }

    [Fact]
    public void SaysWhenAQueryFailsOnTheWay()
    {
        using var result = _connection.Query("SELECT CASE WHEN i = 90000 THEN error('stop here') ELSE repeat('x', 1000) END FROM range(100000) t(i)");
        var e = Assert.Throws<DuckDbException>(() => result.Rows().Count());
        Assert.Contains("stop here", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT * FROM nowhere", "nowhere")]
    [InlineData("SELEC 1", "SELEC")]
    [InlineData("SELECT 1; SELECT 2", "one SQL statement")]
    [InlineData("", "one SQL statement")]
    [InlineData("SELECT '1010'::BIT", "BIT")]
    public void OneLineSaysWhatIsWrong(string sql, string word)
    {
        var e = Assert.Throws<DuckDbException>(() => _connection.Scalar(sql));
        Assert.Contains(word, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void ExecuteSaysWhatIsWrong()
    {
        var e = Assert.Throws<DuckDbException>(() => _connection.Execute("CREATE TABLE t (i INTEGER); INSERT INTO t VALUES ('x')"));
        Assert.Contains("'x'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadsNothingFromOutside()
    {
        Assert.Equal("false", _connection.Scalar("SELECT current_setting('autoinstall_known_extensions')::VARCHAR"));
        Assert.Equal("false", _connection.Scalar("SELECT current_setting('autoload_known_extensions')::VARCHAR"));
        Assert.StartsWith("v1.", DuckDatabase.Version, StringComparison.Ordinal);
    }

    [Fact]
    public void AMemoryLimitIsWanted() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DuckDatabase(new DuckOptions { MemoryLimit = -1 })); // DuckDB takes it for no limit

    [Fact]
    public void AResultOutlivesItsConnection()
    {
        var connection = _database.Connect();
        using var result = connection.Query("SELECT i FROM range(5000) t(i)");
        connection.Dispose();
        try
        {
            Assert.Equal(5000, result.Rows().Count());
        }
        catch (DuckDbException)
        {
            // Closing the connection may end the query; it must not crash.
        }
    }
}
