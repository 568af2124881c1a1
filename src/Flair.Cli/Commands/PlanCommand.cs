using System.CommandLine;
using Flair.Cli.Progress;
using Flair.Running;
using Flair.Settings;

namespace Flair.Cli.Commands;

/// <summary><c>flair plan</c>.</summary>
internal static class PlanCommand
{
    public static Command Create(CommandContext context)
    {
        var settings = new SettingsOptions();
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var noMeasure = new Option<bool>("--no-measure") { Description = "Do not load the model to time a few windows; the time stays unknown." };
        var print = new Option<bool>("--print-settings") { Description = "Print the settings that apply, defaults included, as a pipeline file, and plan nothing." };
        var replace = new Option<bool>("--replace") { Description = "Plan as if detect had --replace." };
        var command = new Command("plan", "Say what detect would do: tiles, windows, bytes to read, memory, disk and time on this machine. Computes and writes nothing.") { json, noMeasure, print, replace };
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(print))
            {
                context.Out.Write(RunSettingsText.ToYaml(settings.Read(parsed)));
                return ExitCode.Done;
            }

            var notices = new List<string>();
            var plan = RunPlanner.Plan(settings.Read(parsed), measure: !parsed.GetValue(noMeasure), notices.Add, parsed.GetValue(replace));
            if (parsed.GetValue(json))
                context.WriteJson(RunEvents.Plan(plan));
            else
                Write(context.Out, plan, notices);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(TextWriter output, RunPlan plan, List<string> notices)
    {
        foreach (var notice in notices)
            Row("note", notice);
        Row("model", plan.Model);
        Row("device", plan.Device);
        Row("tiles", $"{plan.Tiles}{(plan.TilesFinished > 0 ? $" ({plan.TilesFinished} finished already)" : "")}, mapped in {plan.Units} {(plan.Units == 1 ? "group" : "groups")}");
        foreach (var line in RunText.Changes(plan))
            Row("", line);
        Row("windows", $"{plan.Windows}");
        Row("area", plan.Hectares > 0 ? $"{plan.Hectares:N1} ha, {Units.Count(plan.Pixels)} pixels" : $"{Units.Count(plan.Pixels)} pixels");
        Row("to read", Units.Bytes(plan.BytesToRead));
        Row("memory", $"{Units.Bytes(plan.MemoryBytes)} at most");
        Row("disk", $"{Units.Bytes(plan.DiskBytes)} of {Units.Bytes(plan.DiskFreeBytes)} free{(plan.DiskBytes > plan.DiskFreeBytes ? ": not enough" : "")}");
        Row("time", plan.Expected is { } time ? $"about {Units.Duration(time)}{(plan.SecondsPerWindow is { } s ? $" ({s:0.000} s a window)" : "")}" : "not measured");

        void Row(string name, string value) => output.WriteLine($"{name,-8} {value}");
    }
}
