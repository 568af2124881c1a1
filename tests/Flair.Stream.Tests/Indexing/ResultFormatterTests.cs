using System.Text.Json;
using Flair.DuckDb;
using Flair.Indexing;

namespace Flair.Tests.Indexing;

public sealed class ResultFormatterTests : IDisposable
{
    private const string Values = """
        SELECT * FROM (VALUES
            (1, 'forêt', 0.5, [1, 2], {'path': 'a', 'bytes': NULL}, MAP {'k': 1}, '\x00\xFF'::BLOB, TIMESTAMP '2024-02-29 01:02:03'),
            (-20, 'with, "quotes"', 'NaN'::DOUBLE, NULL, NULL, MAP {}, ''::BLOB, NULL),
            (NULL, '', 1e300, [], {'path': 'b', 'bytes': 2}, NULL, NULL, NULL))
            t(i, s, d, l, st, m, x, ts)
        """;

    private readonly DuckDatabase _database = new(new DuckOptions { Threads = 1 });
    private readonly DuckConnection _connection;

    public ResultFormatterTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void ATableIsAlignedNumbersToTheRight() => Assert.Equal(
        """
          i  s                  d  l      st
        ───  ──────────────  ────  ─────  ─────────────────────────
          1  forêt            0.5  [1,2]  {"path":"a","bytes":null}
        -20  with, "quotes"   NaN
                             1000  []     {"path":"b","bytes":2}

        """,
        Format(Values.Replace("SELECT *", "SELECT i, s, d, l, st", StringComparison.Ordinal).Replace("1e300", "1e3", StringComparison.Ordinal), ResultFormat.Table));

    [Fact]
    public void CsvFollowsRfc4180() => Assert.Equal(
        string.Join(
            "\r\n",
            "i,s,d,l,st,m,x,ts",
            "1,forêt,0.5,\"[1,2]\",\"{\"\"path\"\":\"\"a\"\",\"\"bytes\"\":null}\",\"{\"\"k\"\":1}\",00ff,2024-02-29 01:02:03",
            "-20,\"with, \"\"quotes\"\"\",NaN,,,{},\"\",",
            ",\"\",1E+300,[],\"{\"\"path\"\":\"\"b\"\",\"\"bytes\"\":2}\",,,",
            ""),
        Format(Values, ResultFormat.Csv));

    [Fact]
    public void JsonIsAnArrayOfObjects()
    {
        using var json = JsonDocument.Parse(Format(Values, ResultFormat.Json));
        Assert.Equal(
            [
                """{"i":1,"s":"forêt","d":0.5,"l":[1,2],"st":{"path":"a","bytes":null},"m":{"k":1},"x":"00ff","ts":"2024-02-29 01:02:03"}""",
                """{"i":-20,"s":"with, \"quotes\"","d":null,"l":null,"st":null,"m":{},"x":"","ts":null}""",
                """{"i":null,"s":"","d":1E+300,"l":[],"st":{"path":"b","bytes":2},"m":null,"x":null,"ts":null}""",
            ],
            json.RootElement.EnumerateArray().Select(row => row.GetRawText()));
        Assert.Equal("[]\n", Format("SELECT 1 WHERE false", ResultFormat.Json));
        Assert.Equal("[\n{\"a\":1,\"a_1\":2,\"a_2\":3}\n]\n", Format("SELECT 1 AS a, 2 AS a, 3 AS a", ResultFormat.Json));
        Assert.Equal("[\n{\"m\":[{\"key\":1,\"value\":\"x\"}],\"h\":170141183460469231731687303715884105727,\"t\":true}\n]\n", Format("SELECT MAP {1: 'x'} AS m, 170141183460469231731687303715884105727::HUGEINT AS h, true AS t", ResultFormat.Json));
    }

    [Fact]
    public void ATableKeepsControlCharactersFromTheTerminalAndCutsLongValues()
    {
        var lines = Format("SELECT 'a' || chr(27) || '[31m' || chr(10) || 'b' AS s, repeat('é', 100) AS long", ResultFormat.Table).Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Equal($@"a\u001b[31m\u000ab  {new string('é', 60)}…", lines[2]);
    }

    [Fact]
    public void ATableOfManyRowsIsWrittenWhole()
    {
        var lines = Format("SELECT i FROM range(5000) t(i)", ResultFormat.Table).Split('\n');
        Assert.Equal(5003, lines.Length);
        Assert.Equal("4999", lines[5001].Trim());
    }

    [Fact]
    public void AQueryThatFailsOnTheWayIsOneLine()
    {
        using var result = _connection.Query("SELECT CASE WHEN i = 90000 THEN error('stop here') ELSE repeat('x', 1000) END FROM range(100000) t(i)");
        var e = Assert.Throws<FlairException>(() => ResultFormatter.Write(TextWriter.Null, result, ResultFormat.Csv));
        Assert.Contains("stop here", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FormatsAreParsedByName()
    {
        Assert.Equal([ResultFormat.Table, ResultFormat.Csv, ResultFormat.Json], new[] { "table", "csv", "json" }.Select(ResultFormatter.Parse));
        Assert.Contains("table, csv or json", Assert.Throws<FlairException>(() => ResultFormatter.Parse("xml")).Message, StringComparison.Ordinal);
    }

    private string Format(string sql, ResultFormat format)
    {
        using var result = _connection.Query(sql);
        using var writer = new StringWriter();
        ResultFormatter.Write(writer, result, format);
        return writer.ToString();
    }
}
