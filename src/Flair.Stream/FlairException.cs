namespace Flair;

/// <summary>
/// Something the user can put right: one line that says what is wrong, where (file, YAML line and key, band, tensor), and what to do.
/// The command line prints <see cref="Exception.Message"/> alone, never a stack trace, and exits with <see cref="ExitCode"/>.
/// </summary>
public sealed class FlairException : Exception
{
    /// <summary>A message of one line, with exit code 2 (unusable input).</summary>
    public FlairException(string message)
        : base(message)
    {
    }

    /// <summary>A message of one line and what caused it, with exit code 2 (unusable input).</summary>
    public FlairException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>The process's exit code: 1 when some tiles failed, 2 when the input is unusable.</summary>
    public int ExitCode { get; init; } = 2;
}
