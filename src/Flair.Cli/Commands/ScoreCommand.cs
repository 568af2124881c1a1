using System.CommandLine;
using System.Globalization;
using Flair.Evaluation;
using Flair.Nomenclatures;

namespace Flair.Cli.Commands;

/// <summary><c>flair score</c>.</summary>
internal static class ScoreCommand
{
    private const string Examples =
        """
        Examples:
          flair score demo/map --truth demo/scene/LABELS
          flair score argmax.tif --truth labels.tif --classes flair-15 --json
        """;

    public static Command Create(CommandContext context)
    {
        var map = new Argument<string>("MAP") { Description = "The output directory of flair detect, or one raster of class indices." };
        var truth = new Option<string>("--truth", "-t") { HelpName = "LABELS", Required = true, Description = "A raster of labels or a directory of them, on the map's pixel grid." };
        var first = new Option<int>("--truth-starts-at") { HelpName = "N", Description = "The label of the first class, 0 or 1.", DefaultValueFactory = _ => 1 };
        var classes = new Option<string>("--classes") { HelpName = "NAME", Description = "The map's classes where it is one raster: a built-in nomenclature or a YAML file; flair-19 if not given." };
        var output = new Option<string>("--output", "-o") { HelpName = "DIR", Description = "Takes metrics.json and confmat.npy, as FLAIR-1 writes them." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of the tables." };
        var command = new Command("score", "Compare a map with its truth: IoU, F-score, precision and recall a class.") { map, truth, first, classes, output, json };
        HelpWithExamples.Add(command, Examples);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(first) is not (0 or 1))
                throw new FlairException($"--truth-starts-at must be 0 or 1, not {parsed.GetValue(first)}");
            var result = MapScore.Run(
                new()
                {
                    Map = parsed.GetValue(map)!,
                    Truth = parsed.GetValue(truth)!,
                    TruthStartsAtOne = parsed.GetValue(first) == 1,
                    Classes = parsed.GetValue(classes) is { } name ? Nomenclature.Load(name) : null,
                },
                cancellation: context.Stop);
            if (parsed.GetValue(output) is { } directory)
                MetricsFiles.Write(directory, result.Matrix, result.Metrics);
            if (parsed.GetValue(json))
                WriteJson(context, result);
            else
                WriteText(context.Out, result);
            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(CommandContext context, MapScoreResult result)
    {
        var metrics = result.Metrics;
        context.WriteJson(new
        {
            MiouPresent = metrics.MeanIouOfPresent / 100,
            result.ClassesPresent,
            Miou = metrics.MeanIou / 100,
            OverallAccuracy = metrics.OverallAccuracy / 100,
            Fscore = metrics.FScore / 100,
            Precision = metrics.Precision / 100,
            Recall = metrics.Recall / 100,
            metrics.Pixels,
            result.Matrix.OutsideTruth,
            result.Matrix.OutsidePrediction,
            result.Rasters,
            Nomenclature = result.Classes.Name,
            Classes = metrics.Classes.Select(entry => new
            {
                entry.Index,
                entry.Name,
                entry.Support,
                Iou = entry.Iou / 100,
                Fscore = entry.FScore / 100,
                Precision = entry.Precision / 100,
                Recall = entry.Recall / 100,
            }),
        });
    }

    private static void WriteText(TextWriter output, MapScoreResult result)
    {
        var (matrix, metrics) = (result.Matrix, result.Metrics);
        foreach (var line in MetricsText.Lines(metrics))
            output.WriteLine(line);
        if (result.Beside > 0)
            output.WriteLine($"{result.Beside} of {result.Rasters + result.Beside} rasters of labels lie beside the map");
        if (matrix.Outside > 0)
            output.WriteLine($"left out: {Units.Count(matrix.OutsideTruth)} pixels without a true class, {Units.Count(matrix.OutsidePrediction)} that the map leaves empty");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"mIoU {metrics.MeanIouOfPresent / 100:0.00} over {result.ClassesPresent} classes present, overall accuracy {metrics.OverallAccuracy / 100:0.00}, {Units.Count(metrics.Pixels)} pixels"));
    }
}
