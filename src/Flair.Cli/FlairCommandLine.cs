using System.CommandLine;
using Flair.Cli.Commands;

namespace Flair.Cli;

/// <summary>The command line as a whole.</summary>
public static class FlairCommandLine
{
    private const string Description =
        """
        Flair.Stream: aerial imagery in, land-cover map out.

        Exit codes: 0 all done, 1 some tiles failed (they are listed; run again to retry them), 2 unusable input or settings,
        70 internal error, 130 stopped (run the same command again to go on).
        """;

    /// <summary>Runs a command. Nothing it throws gets out: errors become one line and an exit code.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="output">Results and progress.</param>
    /// <param name="error">Errors.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        using var signals = new StopSignals(error);
        var context = new CommandContext(args, output, error, signals.Token);
        var json = args.Contains("--json");
        try
        {
            var root = new RootCommand(Description)
            {
                DetectCommand.Create(context),
                PlanCommand.Create(context),
                DoctorCommand.Create(context),
            };
            var parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                var help = string.Join(' ', ["flair", .. CommandNames(parsed), "--help"]);
                throw new FlairException(string.Join('\n', parsed.Errors.Select(e => e.Message.TrimEnd('.')).Distinct().Select(m => $"{m}; see {help}")));
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e) when (!System.Diagnostics.Debugger.IsAttached)
        {
            return ErrorReport.Write(e, context, json);
        }
    }

    private static IEnumerable<string> CommandNames(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? [] : [parsed.CommandResult.Command.Name];
}
