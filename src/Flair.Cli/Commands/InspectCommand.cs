using System.CommandLine;
using System.Globalization;
using Flair.Indexing;

namespace Flair.Cli.Commands;

/// <summary><c>flair inspect</c>.</summary>
internal static class InspectCommand
{
    private const string Examples =
        """
        Examples:
          flair inspect map
          flair inspect map --sql "SELECT tile, seconds FROM tiles ORDER BY seconds DESC LIMIT 5" --format csv
          flair inspect map --sql "SELECT id, output_id, nodata_share FROM slices WHERE NOT computed"
          flair inspect map --sql "DESCRIBE slices"
        """;

    public static Command Create(CommandContext context)
    {
        var output = new Argument<string>("OUTPUT") { Description = "The output directory of flair detect." };
        var sql = new Option<string>("--sql") { HelpName = "QUERY", Description = "One reading statement over the tables tiles and slices." };
        var format = new Option<string>("--format", "-f") { HelpName = "NAME", Description = "table, csv or json.", DefaultValueFactory = _ => "table" };
        var slowest = new Option<int>("--slowest") { HelpName = "N", Description = "How many of the slowest tiles are listed.", DefaultValueFactory = _ => 5 };
        var command = new Command("inspect", "Show what an output directory holds: hectares a class, the slowest and the failed tiles; or query its index.") { output, sql, format, slowest };
        HelpWithExamples.Add(command, Examples);
        command.SetAction(parsed =>
        {
            var resultFormat = ResultFormatter.Parse(parsed.GetValue(format)!);
            using var inspector = new IndexInspector(parsed.GetValue(output)!);
            if (parsed.GetValue(sql) is { } query)
            {
                using var result = inspector.Query(query);
                ResultFormatter.Write(context.Out, result, resultFormat);
            }
            else
            {
                Write(context, inspector, Math.Max(0, parsed.GetValue(slowest)), resultFormat);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(CommandContext context, IndexInspector inspector, int slowestCount, ResultFormat format)
    {
        var summary = inspector.Summary();
        var (slowest, failed) = (inspector.SlowestTiles(slowestCount), inspector.FailedTiles());
        var classes = summary.Classes.Where(c => c.Pixels > 0).OrderByDescending(c => c.Pixels).ThenBy(c => c.Index).ToArray();
        switch (format)
        {
            case ResultFormat.Json:
                context.WriteJson(new { Summary = summary, Slowest = slowest, Failed = failed });
                break;
            case ResultFormat.Csv:
                ResultFormatter.Write(context.Out, ["index", "class", "pixels", "hectares", "share"], summary.Classes.Select(c => new object?[] { c.Index, c.Name, c.Pixels, c.Hectares, c.Share }), format);
                break;
            default:
                WriteText(context.Out, summary);
                WriteRows(context.Out, "area", ["class", "hectares", "share"], classes.Select(c => new object?[] { c.Name, Fixed(c.Hectares, "0.00"), Fixed(100 * c.Share, "0.0") + " %" }));
                WriteRows(context.Out, "slowest tiles", ["tile", "seconds", "windows", "computed"], slowest.Select(t => new object?[] { t.Tile, Fixed(t.Seconds, "0.0"), t.Windows, t.WindowsComputed }));
                WriteRows(context.Out, "failed tiles", ["tile", "tried", "error"], failed.Select(t => new object?[] { t.Tile, t.Attempts, t.Error }));
                break;
        }
    }

    private static void WriteText(TextWriter output, IndexSummary summary)
    {
        output.WriteLine($"{(summary.Finished ? "finished" : "not finished")}: {summary.TilesDone} tiles done, {summary.TilesFailed} failed");
        output.WriteLine($"windows: {summary.WindowsComputed} computed, {summary.Windows - summary.WindowsComputed} without data (a window on the border of two tiles counts for each)");
        var nodata = summary.Pixels > 0 ? 100.0 * summary.NodataPixels / summary.Pixels : 0;
        output.WriteLine($"pixels: {Units.Count(summary.Pixels)}, {Fixed(nodata, "0.0")} % without data");
        if (summary.MeanConfidence is { } confidence)
            output.WriteLine($"mean confidence: {Fixed(confidence, "0.000")}");
    }

    private static void WriteRows(TextWriter output, string title, IReadOnlyList<string> columns, IEnumerable<object?[]> rows)
    {
        var all = rows.ToArray();
        if (all.Length == 0)
            return;
        output.WriteLine();
        output.WriteLine(title);
        ResultFormatter.Write(output, columns, all, ResultFormat.Table);
    }

    private static string Fixed(double? value, string format) => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "—";
}
