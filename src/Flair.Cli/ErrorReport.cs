using Flair.DuckDb;
using Flair.Gdal;
using Flair.Storage;
using Flair.Torch;

namespace Flair.Cli;

/// <summary>Turns whatever a command threw into one line (or one a finding) and an exit code; the stack is shown only with FLAIR_DEBUG=1.</summary>
internal static class ErrorReport
{
    /// <summary>Writes the error and returns the exit code.</summary>
    public static int Write(Exception exception, CommandContext context, bool json)
    {
        var cause = Unwrap(exception);
        var (code, messages) = Explain(cause);
        foreach (var message in messages)
        {
            if (json)
                context.WriteEvent(new { Event = "error", Message = message, ExitCode = code }, code == ExitCode.Stopped ? EventLevel.Warning : EventLevel.Error);
            else
                context.Error.WriteLine(code == ExitCode.Stopped ? message : $"error: {message}");
        }

        if (Environment.GetEnvironmentVariable("FLAIR_DEBUG") == "1")
            context.Error.WriteLine(exception);
        return code;
    }

    private static (int Code, string[] Messages) Explain(Exception cause) => cause switch
    {
        FlairException e => (e.ExitCode, e.Message.Split('\n')),
        OperationCanceledException => (ExitCode.Stopped, ["stopped; run the same command again to go on"]),
        GdalException or StorageException or DuckDbException or TorchException or InsufficientMemoryException or DllNotFoundException or IOException or UnauthorizedAccessException =>
            (ExitCode.UnusableInput, [OneLine(cause.Message)]),
        _ => (ExitCode.InternalError, [$"internal error: {cause.GetType().Name}: {OneLine(cause.Message)} (set FLAIR_DEBUG=1 for the stack)"]),
    };

    // The graph's blocks and static constructors wrap what really happened.
    private static Exception Unwrap(Exception exception) => exception switch
    {
        AggregateException a when a.Flatten().InnerExceptions is { Count: > 0 } inner => Unwrap(inner.FirstOrDefault(e => e is FlairException) ?? inner[0]),
        TypeInitializationException { InnerException: { } inner } => Unwrap(inner),
        _ => exception,
    };

    private static string OneLine(string message) => string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
