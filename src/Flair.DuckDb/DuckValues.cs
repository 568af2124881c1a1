namespace Flair.DuckDb;

/// <summary>A STRUCT: values by field.</summary>
/// <param name="Names">Its fields, shared by all values of a column.</param>
/// <param name="Values">One a field.</param>
public sealed record DuckStruct(IReadOnlyList<string> Names, IReadOnlyList<object?> Values)
{
    /// <summary>The value of a field.</summary>
    /// <exception cref="KeyNotFoundException">There is no such field.</exception>
    public object? this[string name]
    {
        get
        {
            for (var i = 0; i < Names.Count; i++)
            {
                if (Names[i] == name)
                    return Values[i];
            }

            throw new KeyNotFoundException($"the struct has no field {name}");
        }
    }
}

/// <summary>A MAP: keys and values in the order in which they were stored.</summary>
public sealed record DuckMap(IReadOnlyList<KeyValuePair<object, object?>> Entries);

/// <summary>An INTERVAL, in the three parts that calendars need.</summary>
/// <param name="Months">Months.</param>
/// <param name="Days">Days.</param>
/// <param name="Microseconds">Microseconds.</param>
public readonly record struct DuckInterval(int Months, int Days, long Microseconds)
{
    /// <summary>E.g. <c>2 months 3 days 01:02:03</c>.</summary>
    public override string ToString() => $"{Months} months {Days} days {TimeSpan.FromMicroseconds(Microseconds):c}";
}

/// <summary>Pieces of SQL.</summary>
public static class DuckSql
{
    /// <summary>Text as a literal, in single quotes.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name in double quotes.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A list of literals, <c>['a', 'b']</c>.</summary>
    public static string List(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Literal))}]";

    /// <summary>
    /// A path as a literal for a function that expands globs (<c>read_parquet</c>): <c>*</c>, <c>?</c> and <c>[</c> stand for themselves.
    /// </summary>
    public static string Path(string path) => Literal(EscapeGlob(path));

    /// <summary>A path with <c>*</c>, <c>?</c> and <c>[</c> put in brackets, so that they stand for themselves.</summary>
    public static string EscapeGlob(string path) => path
        .Replace("[", "[[]", StringComparison.Ordinal)
        .Replace("*", "[*]", StringComparison.Ordinal)
        .Replace("?", "[?]", StringComparison.Ordinal);
}
