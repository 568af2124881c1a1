using System.CommandLine;
using Flair.Cli.Doctor;

namespace Flair.Cli.Commands;

/// <summary><c>flair doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandContext context)
    {
        var directory = new Argument<string>("DIR") { Description = "The output directory to look at for space and rights.", DefaultValueFactory = _ => "." };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command("doctor", "Look at this machine: each thing that Flair.Stream needs, ✓ or ✗ with the fix (– is not there and not needed). Exit code 0 only without ✗, else 2.") { directory, json };
        command.SetAction(parsed =>
        {
            var checks = new List<Check>();
            foreach (var check in new Examination(parsed.GetValue(directory)!).Run())
            {
                checks.Add(check);
                if (!parsed.GetValue(json))
                    Write(context.Out, check);
            }

            var failed = checks.Count(c => c.Status == CheckStatus.Failed);
            if (parsed.GetValue(json))
                context.WriteJson(new { Ok = failed == 0, Checks = checks.Select(c => new { c.Name, Status = Word(c.Status), c.Detail, c.Fix }) });
            else
                context.Out.WriteLine(failed == 0 ? "ready" : $"{failed} {(failed == 1 ? "thing is" : "things are")} missing");
            return failed == 0 ? ExitCode.Done : ExitCode.UnusableInput;
        });
        return command;
    }

    private static void Write(TextWriter output, Check check)
    {
        var mark = check.Status switch { CheckStatus.Ok => "✓", CheckStatus.Optional => "–", _ => "✗" };
        output.WriteLine($"{mark} {check.Name,-16} {check.Detail}");
        if (check.Fix is not null)
            output.WriteLine($"  {"",-16} → {check.Fix}");
        output.Flush();
    }

    private static string Word(CheckStatus status) => status switch { CheckStatus.Ok => "ok", CheckStatus.Optional => "not needed", _ => "failed" };
}
