using System.CommandLine;
using Flair.Cli.Supervision;
using Flair.Source;

namespace Flair.Cli.Commands;

/// <summary><c>flair probe</c>, hidden: what the supervisor starts to see whether a file takes its decoder down.</summary>
internal static class ProbeCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "A raster." };
        var command = new Command(Supervisor.Probe, "Decode all of a raster and keep nothing.") { file };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var failures = FileProbe.Run(parsed.GetValue(file)!);
            foreach (var failure in failures)
                context.Error.WriteLine(failure);
            return failures.Count == 0 ? ExitCode.Done : ExitCode.SomeTilesFailed;
        });
        return command;
    }
}
