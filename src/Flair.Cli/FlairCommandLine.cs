using System.CommandLine;
using System.CommandLine.Invocation;
using Flair.Cli.Commands;
using Flair.Settings;
using Flair.Telemetry;

namespace Flair.Cli;

/// <summary>The command line as a whole.</summary>
public static class FlairCommandLine
{
    private const string Description =
        """
        Flair.Stream: aerial imagery in, land-cover map out.

        Exit codes: 0 all done, 1 some tiles failed (they are listed; run again to retry them), 2 unusable input or settings,
        70 internal error, 75 a block of the run made no progress (run the same command again to go on), 130 stopped (run the same command again to go on).
        """;

    /// <summary>Runs a command. Nothing it throws gets out: errors become one line and an exit code.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="output">Results and progress.</param>
    /// <param name="error">Errors.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        (output, error) = (new RedactingWriter(output), new RedactingWriter(error));
        using var signals = new StopSignals(error);
        var context = new CommandContext(args, output, error, signals.Token) { Patience = patience => signals.Patience = patience };
        var json = args.Contains("--json");
        try
        {
            var root = new RootCommand(Description)
            {
                DetectCommand.Create(context),
                PlanCommand.Create(context),
                CalibrateCommand.Create(context),
                InspectCommand.Create(context),
                LogitsCommand.Create(context),
                ToyCommand.Create(context),
                DoctorCommand.Create(context),
            };
            foreach (var command in TrainingCommands.Create(context))
                root.Subcommands.Add(command);
            root.Subcommands.Add(ProbeCommand.Create(context));
            root.Subcommands.Add(CompareCommand.Create(context));
            root.Subcommands.Add(ScoreCommand.Create(context));
            root.Subcommands.Add(ExportCommand.Create(context));
            root.Subcommands.Add(BenchCommand.Create(context));
            TrainingCommands.AddTo(root, context);
            HelpWithExamples.Install(root);
            root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
            var parsed = root.Parse(args.Length > 0 ? args : ["--help"], new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
                throw new FlairException(string.Join('\n', UsageErrors(parsed)));

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

    private static IEnumerable<string> UsageErrors(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var isRoot = command is RootCommand;
        if (isRoot && parsed.UnmatchedTokens is [var word, ..] && !word.StartsWith('-'))
            return [$"there is no command '{word}'{NearestName.Suggest(word, [.. command.Subcommands.Select(c => c.Name)])}"];
        var help = isRoot ? "flair --help" : $"flair {command.Name} --help";
        string[] options = [.. command.Options.Select(o => o.Name)];
        if (parsed.UnmatchedTokens.FirstOrDefault(t => t.StartsWith('-')) is { } option)
            return [$"there is no option '{option}'{(NearestName.Find(option, options) is { } near ? $"; did you mean '{near}'?" : $"; see {help}")}"];
        return parsed.Errors.Select(e => $"{e.Message.TrimEnd('.')}; see {help}").Distinct();
    }

    // The library's own names the entry assembly's version, which is a host's when the command line runs inside one.
    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"flair {typeof(FlairCommandLine).Assembly.GetName().Version!.ToString(3)}");
            return ExitCode.Done;
        }
    }
}
