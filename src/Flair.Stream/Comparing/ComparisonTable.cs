using System.Globalization;
using System.Text;

namespace Flair.Comparing;

/// <summary>A comparison as a table: Markdown for people, CSV for spreadsheets.</summary>
public static class ComparisonTable
{
    /// <summary>The table for people.</summary>
    public const string MarkdownName = "comparison.md";

    /// <summary>The table for programs.</summary>
    public const string CsvName = "comparison.csv";

    private const string Nothing = "–";

    /// <summary>Writes both; each bears its name only when it is complete.</summary>
    /// <param name="directory">Made where it is not there.</param>
    /// <param name="models">The rows, in their order.</param>
    /// <exception cref="FlairException">They cannot be written.</exception>
    public static void Write(string directory, IReadOnlyList<ComparedModel> models)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        OutputGuard.Run($"{directory}: the table cannot be written", () =>
        {
            Directory.CreateDirectory(directory);
            DurableFile.WriteAllBytes(Path.Combine(directory, MarkdownName), Encoding.UTF8.GetBytes(Markdown(models)));
            DurableFile.WriteAllBytes(Path.Combine(directory, CsvName), Encoding.UTF8.GetBytes(Csv(models)));
        });
    }

    /// <summary>GitHub's Markdown: percent with two digits, seconds with none, a model that was not measured with its reason.</summary>
    public static string Markdown(IReadOnlyList<ComparedModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        var text = new StringBuilder()
            .Append("| Model | Architecture | Channels | Classes | mIoU | OA | F-score | Precision | Recall | Parameters | Seconds |\n")
            .Append("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var model in models)
        {
            string[] cells =
            [
                model.Name,
                model.Architecture.Length > 0 ? model.Architecture : Nothing,
                Count(model.Channels),
                Count(model.Classes),
                .. Percents(model).Select(value => value is { } percent ? percent.ToString("0.00", CultureInfo.InvariantCulture) : Nothing),
                Count(model.Parameters),
                model.Figures is { } figures ? figures.Seconds.ToString("0", CultureInfo.InvariantCulture) : Nothing,
            ];
            text.Append("| ").AppendJoin(" | ", cells.Select(Escaped)).Append(" |\n");
        }

        foreach (var model in models.Where(model => model.Problem is not null))
            text.Append($"\n- {model.Name}: {model.Problem}\n");
        return text.ToString();

        static string Count(long count) => count > 0 ? count.ToString("N0", CultureInfo.InvariantCulture) : Nothing;
        static string Escaped(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal);
    }

    /// <summary>RFC 4180 with a header and LF: percent with four digits, seconds with three; empty fields and a problem where nothing was measured.</summary>
    public static string Csv(IReadOnlyList<ComparedModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        var text = new StringBuilder("model,architecture,channels,classes,miou,overall_accuracy,fscore,precision,recall,parameters,seconds,problem\n");
        foreach (var model in models)
        {
            string[] fields =
            [
                model.Name,
                model.Architecture,
                Count(model.Channels),
                Count(model.Classes),
                .. Percents(model).Select(value => value is { } percent ? percent.ToString("0.0000", CultureInfo.InvariantCulture) : ""),
                Count(model.Parameters),
                model.Figures is { } figures ? figures.Seconds.ToString("0.000", CultureInfo.InvariantCulture) : "",
                model.Problem ?? "",
            ];
            text.AppendJoin(',', fields.Select(CsvText.Field)).Append('\n');
        }

        return text.ToString();

        static string Count(long count) => count > 0 ? count.ToString(CultureInfo.InvariantCulture) : "";
    }

    private static IEnumerable<double?> Percents(ComparedModel model)
    {
        var figures = model.Figures;
        return [figures?.MeanIou, figures?.OverallAccuracy, figures?.FScore, figures?.Precision, figures?.Recall];
    }
}
