using Flair.Cli.Progress;

namespace Flair.Cli.Supervision;

/// <summary>What a supervisor tells, between the lines of its children.</summary>
/// <param name="json">True for JSON on the output, as they write it.</param>
internal sealed class SupervisorReport(bool json)
{
    /// <summary>Tells that something went wrong that does not end the run.</summary>
    public void Notice(string message)
    {
        if (json)
            Write(RunEvents.Notice(message));
        else
            Console.Error.WriteLine($"note: {message}");
    }

    /// <summary>Tells why the run ends.</summary>
    /// <returns>The exit code.</returns>
    public int Error(string message)
    {
        if (json)
            Write(new { Event = "error", Message = message, ExitCode = ExitCode.InternalError });
        else
            Console.Error.WriteLine($"error: {message}");
        return ExitCode.InternalError;
    }

    /// <summary>Shows the cursor again, that a live display hid and could not give back.</summary>
    public void RestoreTerminal()
    {
        if (!json && !Console.IsOutputRedirected)
            Console.Out.WriteLine("\e[?25h");
    }

    private static void Write(object line) => new CommandContext([], Console.Out, Console.Error, CancellationToken.None).WriteJson(line);
}
