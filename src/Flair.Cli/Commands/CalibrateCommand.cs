using System.CommandLine;
using Flair.Calibrating;
using Flair.OneDnn;

namespace Flair.Cli.Commands;

/// <summary><c>flair calibrate</c>.</summary>
internal static class CalibrateCommand
{
    private const int DefaultWindows = 24;

    public static Command Create(CommandContext context)
    {
        var settings = new SettingsOptions();
        var windows = new Option<int>("--windows")
        {
            HelpName = "N",
            DefaultValueFactory = _ => DefaultWindows,
            Description = "Windows to take from all over the inputs, 3 or more; a third of them is for checking.",
        };
        windows.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 3 or > 10_000)
                result.AddError("--windows takes 3 to 10000");
        });
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command(
            "calibrate",
            "Measure on your own imagery what int8 needs to know of a model, and how many pixels keep their class; leaves WEIGHTS.int8.json beside the weights, which detect then uses by itself.")
        {
            windows, json,
        };
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            var read = settings.Read(parsed);
            var quiet = parsed.GetValue(json);
            var calibration = CalibrationRun.Run(read, parsed.GetValue(windows), line => (quiet ? TextWriter.Null : context.Out).WriteLine(line), context.Stop);
            var path = calibration.Save(read.Model.Weights);
            if (quiet)
                context.WriteJson(new { path, calibration.Agreement, calibration.Windows, calibration.CheckedWindows, calibration.Wide, taken_by_default = calibration.IsGood });
            else
                context.Out.WriteLine($"{path} ({Consequence(calibration)})");
            return ExitCode.Done;
        });
        return command;
    }

    private static string Consequence(Calibration calibration) =>
        !calibration.IsGood ? $"below {Calibration.LeastAgreement:P1}: detect takes int8 only with --precision int8"
        : OneDnnLibrary.HasVnni ? "detect takes int8 from now on"
        : "detect takes int8 from now on, on processors with VNNI; this one has none, and is as fast in fp32";
}
