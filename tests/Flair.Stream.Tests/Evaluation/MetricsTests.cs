using System.Text.Json;
using Flair.Evaluation;
using Flair.Settings;

namespace Flair.Tests.Evaluation;

/// <summary>FLAIR-1's figures and files; the golden ones were made by FLAIR-1 itself (Data/make_golden.py).</summary>
public sealed class MetricsTests
{
    [Fact]
    public void Conformance()
    {
        using var expected = JsonDocument.Parse(File.ReadAllText(GoldenMatrices.PathOf("conformance.json")));
        var (matrix, classes) = GoldenMatrices.Of("flair");

        var metrics = SegmentationMetrics.Of(matrix, classes);

        Near("miou", metrics.MeanIou);
        Near("overall_accuracy", metrics.OverallAccuracy);
        Near("fscore", metrics.FScore);
        Near("precision", metrics.Precision);
        Near("recall", metrics.Recall);
        NearAll("per_class_iou", entry => entry.Iou);
        NearAll("per_class_fscore", entry => entry.FScore);
        NearAll("per_class_precision", entry => entry.Precision);
        NearAll("per_class_recall", entry => entry.Recall);

        void Near(string name, double value) => Assert.Equal(expected.RootElement.GetProperty(name).GetDouble(), value, 1e-6);

        void NearAll(string name, Func<ClassMetrics, double> figure)
        {
            var values = expected.RootElement.GetProperty(name).Deserialize<double[]>()!;
            Assert.Equal(values.Length, metrics.Classes.Count);
            Assert.All(values.Zip(metrics.Classes), pair => Assert.Equal(pair.First, figure(pair.Second), 1e-6));
        }
    }

    [Theory]
    [InlineData("flair")]
    [InlineData("names")]
    [InlineData("small")]
    [InlineData("empty")]
    [InlineData("large")]
    public void Files_are_FLAIR_1s_byte_for_byte(string name)
    {
        var (matrix, classes) = GoldenMatrices.Of(name);
        var folder = Path.Combine(Directory.CreateTempSubdirectory().FullName, "metrics");

        MetricsFiles.Write(folder, matrix, SegmentationMetrics.Of(matrix, classes));

        Assert.Equal(File.ReadAllText(GoldenMatrices.PathOf(name + ".json")), File.ReadAllText(Path.Combine(folder, "metrics.json")));
        if (name != "large")
            Assert.Equal(File.ReadAllBytes(GoldenMatrices.PathOf(name + ".npy")), File.ReadAllBytes(Path.Combine(folder, "confmat.npy")));
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    [Theory]
    [InlineData("flair")]
    [InlineData("names")]
    [InlineData("small")]
    [InlineData("empty")]
    public void Tables_are_FLAIR_1s(string name)
    {
        var (matrix, classes) = GoldenMatrices.Of(name);

        var lines = MetricsText.Lines(SegmentationMetrics.Of(matrix, classes));

        Assert.Equal(File.ReadAllText(GoldenMatrices.PathOf(name + ".txt")), "-- Calculating metrics --\n" + string.Join('\n', lines) + "\n");
    }

    [Fact]
    public void Nothing_to_measure_is_refused()
    {
        var error = Assert.Throws<FlairException>(() => SegmentationMetrics.Of(new ConfusionMatrix(1), [new TrainingClass(1, 0, "a")]));

        Assert.Contains("weight 0", error.Message, StringComparison.Ordinal);
    }

    // Values of torchmetrics 1.2's formulas in PyTorch 1.13, see _jaccard_index_reduce.
    [Fact]
    public void Jaccard_index_as_torchmetrics()
    {
        var matrix = ConfusionMatrix.Of(new long[,] { { 5, 1, 0, 2 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 3, 0, 0, 4 } });

        Assert.Equal([5 / 11.0, 0, 0, 4 / 9.0], JaccardIndex.PerClass(matrix));
        Assert.Equal(((8 * 5 / 11.0) + (7 * 4 / 9.0)) / 15, JaccardIndex.Weighted(matrix), 1e-12);
        Assert.Equal(((5 / 11.0) + 0 + (4 / 9.0)) / 3, JaccardIndex.Macro(matrix), 1e-12);
        Assert.True(double.IsNaN(JaccardIndex.Weighted(new ConfusionMatrix(2))));
        Assert.True(double.IsNaN(JaccardIndex.Macro(new ConfusionMatrix(2))));
    }

    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(100.0, "100.0")]
    [InlineData(1e-4, "0.0001")]
    [InlineData(1.5e-5, "1.5e-05")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(9007199254740993e3, "9.007199254740993e+18")]
    [InlineData(1e16, "1e+16")]
    [InlineData(123456789012345680.0, "1.2345678901234568e+17")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(49.241414003594564, "49.241414003594564")]
    [InlineData(-0.00123, "-0.00123")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    public void Numbers_as_Python_writes_them(double value, string expected) => Assert.Equal(expected, PythonText.Json(value));

    [Theory]
    [InlineData(0.03125, "0.0312")]
    [InlineData(0.09375, "0.0938")]
    [InlineData(0.031250000000000007, "0.0313")]
    [InlineData(99.99999, "100.0000")]
    [InlineData(0.0, "0.0000")]
    public void Decimals_as_Python_rounds_them(double value, string expected) => Assert.Equal(expected, PythonText.Fixed(value));

    [Fact]
    public void Strings_as_Python_writes_them() =>
        Assert.Equal("\"a\\\"\\\\\\n\\u0001\\u007f\\u00e9\\ud83c\\udf32\"", PythonText.Json("a\"\\\n\u0001\u007fé🌲"));
}
