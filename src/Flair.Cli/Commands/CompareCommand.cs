using System.CommandLine;
using Flair.Cli.Progress;
using Flair.Comparing;

namespace Flair.Cli.Commands;

/// <summary><c>flair compare</c>.</summary>
internal static class CompareCommand
{
    private const string Examples =
        """
        Exit codes: 0 all models are in the table, 1 some are not (the table says why; run again to try them once more).
        Run the same command again after a stop: a model that is finished is not computed again, a training goes on at the step it was saved at.

        Examples:
          flair compare pipelines/reproduce/*.yaml --output runs/compare --set paths.train_csv=train.csv --set paths.val_csv=val.csv --set paths.test_csv=test.csv
          flair compare pipelines/reproduce/*.yaml --output runs/published --set paths.test_csv=test.csv --evaluate-only
          flair compare pipelines/reproduce/*.yaml --output demo/reproduce --toy
        """;

    // As for a training: a step of a large model takes a while on a CPU.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    public static Command Create(CommandContext context)
    {
        var files = new Argument<string[]>("FILE") { Arity = ArgumentArity.OneOrMore, Description = "Settings as of flair train, one file a model." };
        var output = new Option<string>("--output", "-o") { HelpName = "DIR", Required = true, Description = "Takes the table and a directory a model." };
        var sets = new Option<string[]>("--set") { HelpName = "KEY=VALUE", Description = "Any key of the files, for all of them; may be repeated." };
        var evaluateOnly = new Option<bool>("--evaluate-only") { Description = "Train nothing: take the best weights of the trainings in DIR, else those of ckpt_model_path." };
        var toy = new Option<bool>("--toy") { Description = "On a toy scene that is made in DIR, with few patches and epochs: minutes instead of days." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line, the last with the table." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Nothing but errors and the table." };
        var command = new Command("compare", "Train or evaluate several models and write one table: mIoU, OA, F-score, precision, recall, parameters, seconds.")
        {
            files, output, sets, evaluateOnly, toy, json, quiet,
        };
        HelpWithExamples.Add(command, Examples);
        command.SetAction(parsed =>
        {
            context.Patience(s_patience);
            var directory = parsed.GetValue(output)!;
            var display = new TrainingDisplay(context, parsed.GetValue(json), parsed.GetValue(quiet), TextWriter.Null);
            IReadOnlyList<string> reduced = parsed.GetValue(toy) ? ReducedSetting.Create(Path.Combine(directory, "scene"), display.Notice, context.Stop) : [];
            var models = ComparisonRun.Run(
                new()
                {
                    Files = parsed.GetValue(files)!,
                    Output = directory,
                    Sets = [.. reduced, .. parsed.GetValue(sets) ?? []],
                    EvaluateOnly = parsed.GetValue(evaluateOnly),
                },
                display,
                context.Stop);
            string[] tables = [Path.Combine(directory, ComparisonTable.MarkdownName), Path.Combine(directory, ComparisonTable.CsvName)];
            if (parsed.GetValue(json))
            {
                context.WriteEvent(new { Event = "comparison", Models = models, Tables = tables });
            }
            else
            {
                context.Out.WriteLine();
                context.Out.Write(ComparisonTable.Markdown(models));
                context.Out.WriteLine();
                context.Out.WriteLine(string.Join(", ", tables));
            }

            return models.All(model => model.Done) ? ExitCode.Done : ExitCode.SomeTilesFailed;
        });
        return command;
    }
}
