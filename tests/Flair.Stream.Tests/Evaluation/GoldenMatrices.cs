using System.Text.Json;
using Flair.Evaluation;
using Flair.Settings;

namespace Flair.Tests.Evaluation;

/// <summary>The matrices of Data/make_golden.py.</summary>
internal static class GoldenMatrices
{
    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Evaluation", "Data", file);

    public static (ConfusionMatrix Matrix, IReadOnlyList<TrainingClass> Classes) Of(string name)
    {
        switch (name)
        {
            case "flair":
                using (var conformance = JsonDocument.Parse(File.ReadAllText(PathOf("conformance.json"))))
                {
                    var rows = conformance.RootElement.GetProperty("confusion_matrix").Deserialize<long[][]>()!;
                    var weights = conformance.RootElement.GetProperty("weights").Deserialize<double[]>()!;
                    return Make(rows, weights, Numbered(weights.Length));
                }

            case "names":
                return Make([[7, 1, 2], [3, 0, 4], [0, 0, 5]], [1, 0, 0.5], ["forêt \"claire\"", "sol\\nu", "🌲"]);
            case "small":
                return Make([[1, 300000000, 0], [0, 2, 0], [0, 0, 0]], [1, 2, 1], ["a", "b", "never"]);
            case "empty":
                return Make([[0, 0], [0, 0]], [1, 1], ["a", "b"]);
            default:
                const int side = 150;
                var large = Enumerable.Range(0, side)
                    .Select(t => Enumerable.Range(0, side).Select(p => ((t * 31L) + (p * 17)) % 97 * (t == p ? 1000 : 1)).ToArray()).ToArray();
                return Make(large, [.. Enumerable.Range(0, side).Select(i => i % 29 == 7 ? 0.0 : 1)], Numbered(side));
        }
    }

    private static string[] Numbered(int count) => [.. Enumerable.Range(1, count).Select(number => $"class {number}")];

    private static (ConfusionMatrix Matrix, IReadOnlyList<TrainingClass> Classes) Make(long[][] rows, double[] weights, string[] names)
    {
        var counts = new long[rows.Length, rows.Length];
        for (var truth = 0; truth < rows.Length; truth++)
        {
            for (var prediction = 0; prediction < rows.Length; prediction++)
                counts[truth, prediction] = rows[truth][prediction];
        }

        return (ConfusionMatrix.Of(counts), [.. names.Select((name, index) => new TrainingClass(index + 1, weights[index], name))]);
    }
}
