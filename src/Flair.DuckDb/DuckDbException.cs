namespace Flair.DuckDb;

/// <summary>What DuckDB refused, in the first line of its own message.</summary>
public sealed class DuckDbException : Exception
{
    /// <summary>The first line of <paramref name="message"/>.</summary>
    public DuckDbException(string message)
        : base(FirstLine(message))
    {
    }

    /// <summary>The first line of <paramref name="message"/>, and what caused it.</summary>
    public DuckDbException(string message, Exception inner)
        : base(FirstLine(message), inner)
    {
    }

    private static string FirstLine(string message) => message.AsSpan().Trim().ToString().Split('\n')[0].Trim();
}
