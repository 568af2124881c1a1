using System.Globalization;
using System.Text;
using Flair.DuckDb;

namespace Flair.Indexing;

/// <summary>How rows are shown.</summary>
public enum ResultFormat
{
    /// <summary>Aligned columns for people.</summary>
    Table,

    /// <summary>RFC 4180: a header, CRLF, quotes where needed; NULL is an empty field, an empty text <c>""</c>.</summary>
    Csv,

    /// <summary>One array of objects, one row a line.</summary>
    Json,
}

/// <summary>Writes rows as a table, CSV or JSON, as they come: memory does not grow with their number.</summary>
public static class ResultFormatter
{
    /// <summary>Rows from which a table takes its column widths; a wider value further down shifts its own row only.</summary>
    private const int MeasuredRows = 1000;

    /// <summary>Characters of a table's cell; CSV and JSON are never cut.</summary>
    private const int MaximumWidth = 60;

    /// <summary>The format of that name: <c>table</c>, <c>csv</c> or <c>json</c>.</summary>
    /// <exception cref="FlairException">There is none.</exception>
    public static ResultFormat Parse(string name) => name switch
    {
        "table" => ResultFormat.Table,
        "csv" => ResultFormat.Csv,
        "json" => ResultFormat.Json,
        _ => throw new FlairException($"there is no format \"{name}\"; use table, csv or json"),
    };

    /// <summary>Writes the rows of a query.</summary>
    /// <exception cref="FlairException">The query fails on the way; what was written stays written.</exception>
    public static void Write(TextWriter writer, DuckResult result, ResultFormat format)
    {
        try
        {
            Write(writer, [.. result.Columns.Select(column => column.Name)], result.Rows(), format);
        }
        catch (DuckDbException e)
        {
            throw new FlairException($"the query fails: {e.Message}", e);
        }
    }

    /// <summary>Writes any rows: values as <see cref="DuckResult"/> gives them.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows, ResultFormat format)
    {
        switch (format)
        {
            case ResultFormat.Csv:
                WriteCsv(writer, columns, rows);
                break;
            case ResultFormat.Json:
                WriteJson(writer, columns, rows);
                break;
            default:
                WriteTable(writer, columns, rows);
                break;
        }
    }

    private static void WriteCsv(TextWriter writer, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        WriteLine(columns);
        foreach (var row in rows)
            WriteLine(row);

        void WriteLine(IReadOnlyList<object?> values)
        {
            for (var i = 0; i < values.Count; i++)
            {
                if (i > 0)
                    writer.Write(',');
                var text = ResultValue.Text(values[i]);
                writer.Write(text is "" && values[i] is not null ? "\"\"" : CsvText.Field(text));
            }

            writer.Write("\r\n");
        }
    }

    private static void WriteJson(TextWriter writer, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var names = UniqueNames(columns);
        var first = true;
        writer.Write('[');
        foreach (var row in rows)
        {
            writer.Write(first ? "\n" : ",\n");
            first = false;
            writer.Write(ResultValue.Json(new DuckStruct(names, row)));
        }

        writer.Write(first ? "]\n" : "\n]\n");
    }

    private static void WriteTable(TextWriter writer, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        using var rest = rows.GetEnumerator();
        var head = new List<IReadOnlyList<object?>>();
        while (head.Count < MeasuredRows && rest.MoveNext())
            head.Add(rest.Current);
        var names = columns.Select(Cell).ToArray();
        var cells = head.ConvertAll(row => row.Select(Cell).ToArray());
        var widths = new int[names.Length];
        var right = new bool[names.Length];
        for (var i = 0; i < widths.Length; i++)
        {
            widths[i] = Math.Max(Width(names[i]), cells.Count == 0 ? 0 : cells.Max(row => Width(row[i])));
            right[i] = head.Exists(row => row[i] is not null) && head.TrueForAll(row => row[i] is null || ResultValue.IsNumber(row[i]));
        }

        WriteLine(names);
        WriteLine([.. widths.Select(width => new string('─', width))]);
        cells.ForEach(WriteLine);
        while (rest.MoveNext())
            WriteLine([.. rest.Current.Select(Cell)]);

        void WriteLine(string[] line)
        {
            var text = new StringBuilder();
            for (var i = 0; i < line.Length; i++)
            {
                var padding = new string(' ', Math.Max(0, widths[i] - Width(line[i])));
                text.Append(right[i] ? padding + line[i] : line[i] + padding).Append("  ");
            }

            writer.Write(text.ToString().TrimEnd() + "\n");
        }
    }

    /// <summary>A value in a table: no control character gets to the terminal, and nothing is endless.</summary>
    private static string Cell(object? value)
    {
        var text = new StringBuilder();
        foreach (var rune in ResultValue.Text(value).EnumerateRunes())
        {
            if (text.Length >= MaximumWidth)
                return text.Append('…').ToString();
            text.Append(Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format ? $"\\u{rune.Value:x4}" : rune.ToString());
        }

        return text.ToString();
    }

    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    /// <summary>Names for the keys of an object: a repeated one gets <c>_1</c>, <c>_2</c>, …</summary>
    private static string[] UniqueNames(IReadOnlyList<string> columns)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return [.. columns.Select(column =>
        {
            var name = column;
            for (var n = 1; !taken.Add(name); n++)
                name = $"{column}_{n}";
            return name;
        })];
    }
}
