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

    /// <summary>It may quote bytes of a damaged file, which must not reach a terminal as its control codes.</summary>
    private static string FirstLine(string message) =>
        string.Concat(message.AsSpan().Trim().ToString().Split('\n')[0].Trim().Select(letter => char.IsControl(letter) ? '\uFFFD' : letter));
}
