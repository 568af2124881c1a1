using System.CommandLine;
using Flair.Cli.Progress;
using Flair.Settings;
using Flair.Telemetry;
using Flair.Training;

namespace Flair.Cli.Commands;

/// <summary><c>flair train</c>, <c>flair predict</c>, <c>flair metrics</c>, and FLAIR-1's own <c>flair --conf</c>, which does what its file says.</summary>
internal static class TrainingCommands
{
    private const string Examples =
        """
        Run the same command again after a stop or a crash: the training goes on at the step it was saved at, and ends with the same weights.

        Examples:
          flair --conf flair-1-config.yaml
          flair train --conf flair-1-config.yaml --set num_epochs=50 --set paths.out_folder=runs
          flair metrics --conf flair-1-config.yaml
        """;

    // A step of a large model takes a while on a CPU; the next Ctrl-C ends it at once.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    public static IEnumerable<Command> Create(CommandContext context) =>
    [
        Create(context, "train", "Train a network on patches as FLAIR-1's flair does, or go on with a training.", new() { Train = true }),
        Create(context, "predict", "Predict the patches of test_csv, one PRED_ raster each.", new() { Predict = true }),
        Create(context, "metrics", "Compare predictions with masks: metrics.json, confmat.npy, report.", new() { Metrics = true }),
    ];

    /// <summary>Gives the command line without a command FLAIR-1's <c>--conf</c>.</summary>
    public static void AddTo(RootCommand root, CommandContext context) => Configure(root, context, null);

    private static Command Create(CommandContext context, string name, string description, TrainingTasks tasks)
    {
        var command = new Command(name, description);
        Configure(command, context, tasks);
        HelpWithExamples.Add(command, Examples);
        return command;
    }

    private static void Configure(Command command, CommandContext context, TrainingTasks? tasks)
    {
        var conf = new Option<string>("--conf") { HelpName = "FILE", Description = "FLAIR-1's flair-1-config.yaml.", Required = tasks is not null };
        var sets = new Option<string[]>("--set") { HelpName = "KEY=VALUE", Description = "Any key of the file, e.g. --set batch_size=4; may be repeated." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line with time, level and event: start, progress, step, epoch, notice, error, summary." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Nothing but errors; flair-compute.log in the output directory has the rest." };
        foreach (var option in new Option[] { conf, sets, json, quiet })
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(conf) is not { } file)
                throw new FlairException("no command is given; see flair --help");
            var settings = TrainingSettingsFile.Read(file, parsed.GetValue(sets) ?? [], tasks);
            context.Patience(s_patience);
            using var log = OpenLog(settings.Output);
            log.WriteLine($"{context.CommandText()} at {DateTimeOffset.Now:yyyy-MM-dd HH:mm:ss zzz}");
            var display = new TrainingDisplay(context, parsed.GetValue(json), parsed.GetValue(quiet), log);
            try
            {
                TrainingJob.Run(settings, display, context.Stop);
            }
            catch (Exception e)
            {
                // The log is what is read the next morning; the error itself is for the command line to tell.
                log.WriteLine(e is OperationCanceledException ? "stopped" : $"error: {e.Message}");
                throw;
            }

            return ExitCode.Done;
        });
    }

    private static RedactingWriter OpenLog(string output)
    {
        try
        {
            Directory.CreateDirectory(output);
            return new(new StreamWriter(Path.Combine(output, "flair-compute.log"), append: true) { AutoFlush = true });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{output}: the output directory cannot be written ({e.Message.TrimEnd('.')}); correct paths.out_folder", e);
        }
    }
}
