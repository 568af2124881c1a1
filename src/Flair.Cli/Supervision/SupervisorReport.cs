using Flair.Cli.Progress;
using Flair.Telemetry;

namespace Flair.Cli.Supervision;

/// <summary>What a supervisor tells, between the lines of its children.</summary>
/// <param name="json">True for JSON on the output, as they write it.</param>
internal sealed class SupervisorReport(bool json)
{
    /// <summary>Tells that something went wrong that does not end the run.</summary>
    public void Notice(string message)
    {
        if (json)
            Context().WriteEvent(RunEvents.Notice(message));
        else
            Context().Error.WriteLine($"note: {message}");
    }

    /// <summary>Tells why the run ends.</summary>
    /// <returns>The exit code.</returns>
    public int Error(string message) => ErrorReport.Write(new FlairException(message) { ExitCode = ExitCode.InternalError }, Context(), json);

    /// <summary>Shows the cursor again, that a live display hid and could not give back.</summary>
    public void RestoreTerminal()
    {
        if (!json && !Console.IsOutputRedirected)
            Console.Out.WriteLine("\e[?25h");
    }

    // Made when something is to be told: a supervisor that never does keeps as little in memory as it can.
    private static CommandContext Context() => new([], new RedactingWriter(Console.Out), new RedactingWriter(Console.Error), CancellationToken.None);
}
