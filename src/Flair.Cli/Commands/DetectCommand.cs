using System.CommandLine;
using Flair.Cli.Progress;
using Flair.Cli.Supervision;
using Flair.Cli.Telemetry;
using Flair.Running;
using Flair.Settings;
using Flair.Source;

namespace Flair.Cli.Commands;

/// <summary><c>flair detect</c>.</summary>
internal static class DetectCommand
{
    private const string Examples =
        """
        Run the same command again after a stop or a crash, or every night: finished tiles are kept, what is new or changed is mapped.

        Examples:
          flair detect --pipeline pipelines/bdortho-rvbie.yaml --input /data/D033 --weights model.pth --output /data/map
          flair detect --input image.tif --set bands=[1,2,3] --set normalization.type=scaling --model resnet34_unet --weights model.pth --output map
          flair detect --conf flair-1-config-detect.yaml
          flair detect --pipeline nightly.yaml --weights better.pth --replace
        """;

    public static Command Create(CommandContext context)
    {
        var settings = new SettingsOptions();
        var json = new Option<bool>("--json") { Description = "One JSON object a line with time, level and event: start, progress, notice, tile, stall, error, summary." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "No progress; failed tiles and the summary alone." };
        var watchdog = new Option<double?>("--watchdog")
        {
            HelpName = "MINUTES",
            Description = "Warn when a block of the run makes no progress for so long, and end the run (exit code 75) when it makes none for as long again; 0: never. Default 10, or resources.watchdog of the file.",
        };
        watchdog.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is { } minutes && !ResourceSettings.IsWatchdog(minutes))
                result.AddError("--watchdog takes 0, or 0.1 to 1440 minutes");
        });
        var unsupervised = new Option<bool>(Supervisor.Off) { Description = "Run in this process alone, so that a decoder that crashes or hangs takes the run with it." };
        var replace = new Option<bool>("--replace") { Description = "Map everything in an output directory of another model or other settings again; each tile stays as it was until its new rasters are complete." };
        var prune = new Option<bool>("--prune") { Description = "Remove the tiles whose input is no longer there, files and rows; without this they are reported and kept." };
        var command = new Command("detect", "Map every tile that is not finished yet.") { json, quiet, watchdog, unsupervised, replace, prune };
        settings.AddTo(command);
        HelpWithExamples.Add(command, Examples);
        command.SetAction(async (parsed, _) =>
        {
            var run = settings.Read(parsed);
            if (parsed.GetValue(watchdog) is { } minutes)
                run = run with { Resources = run.Resources with { Watchdog = minutes } };
            using var telemetry = TelemetryExport.Start(run.TelemetryEndpoint);
            using var display = Display(context, parsed.GetValue(json), parsed.GetValue(quiet));
            TellSupervisor(run.Resources);
            var options = new RunOptions { Replace = parsed.GetValue(replace), Prune = parsed.GetValue(prune) };
            var summary = await DetectRun.RunAsync(run, options, display, context.Stop);
            display.Finish(summary);
            return summary.ExitCode;
        });
        return command;
    }

    private static void TellSupervisor(ResourceSettings resources)
    {
        if (DecodeLedger.Current is not { } ledger)
            return;
        ledger.Stall = TimeSpan.FromMinutes(resources.StallMinutes);
        ledger.Restarts = resources.Restarts;
    }

    private static IRunDisplay Display(CommandContext context, bool json, bool quiet) =>
        json ? new JsonDisplay(context)
        : quiet || !context.IsTerminal ? new PlainDisplay(context, quiet)
        : new LiveDisplay(context);
}
