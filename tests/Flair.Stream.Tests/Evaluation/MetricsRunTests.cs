using System.Text.Json;
using Flair.Evaluation;

namespace Flair.Tests.Evaluation;

public sealed class MetricsRunTests
{
    private readonly PatchFolder _patches = new();

    [Fact]
    public void Masks_and_predictions_are_compared()
    {
        // Masks 0 to 3; class = mask − 1; the third class has weight 0; mask 0 and 9 are no class.
        Patch(0, [1, 1, 2, 2], [0, 0, 1, 0]);
        Patch(1, [3, 3, 0, 9], [2, 0, 0, 1]);
        Patch(2, [0, 0, 0, 0], [0, 0, 0, 0]);
        var lines = new List<string>();
        var progress = new List<(int, int)>();

        var result = MetricsRun.Run(_patches.Settings(), lines.Add, (done, total) => progress.Add((done, total)));

        Assert.Equal([2, 0, 0, 1, 1, 0, 1, 0, 1], result.Matrix.ToArray());
        Assert.Equal((6, 0), (result.Matrix.OutsideTruth, result.Matrix.OutsidePrediction));
        Assert.Equal(75, result.Metrics.OverallAccuracy);
        Assert.Equal([(4L, 3L), (2, 1), (0, 0)], result.Patches.Select(patch => (patch.Pixels, patch.Right)));
        Assert.Equal([0.75, 0.5, double.NaN], result.Patches.Select(patch => patch.Accuracy));
        Assert.Equal([(1, 3), (2, 3), (3, 3)], progress);
        Assert.Equal("left out: 6 pixels whose mask is not 1 to 3", lines[0]);
        Assert.Equal("Global Metrics: ", lines[2]);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(_patches.Folder, "out", "metrics", "metrics.json")));
        Assert.Equal(["one", "two"], json.RootElement.GetProperty("classes").Deserialize<string[]>()!);
        Assert.True(File.Exists(Path.Combine(result.Directory, "confmat.npy")));
    }

    [Fact]
    public void Missing_predictions_are_named_at_once()
    {
        for (var i = 0; i < 13; i++)
            Patch(i, [1, 1, 1, 1], i == 4 ? [0, 0, 0, 0] : null);

        var error = Assert.Throws<FlairException>(() => MetricsRun.Run(_patches.Settings()));

        Assert.StartsWith("12 of 13 predictions are missing; run predict first: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(PatchFolder.Name(9), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PatchFolder.Name(4), error.Message, StringComparison.Ordinal);
        Assert.EndsWith("; and 2 more", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_patches.Folder, "out", "metrics")));
    }

    [Fact]
    public void Missing_masks_are_named_at_once()
    {
        _patches.Add(0, 2, 2);
        Patch(1, [1, 1, 1, 1], null);
        File.Delete(Path.Combine(_patches.Folder, "msk", "MSK_000001.tif"));

        var error = Assert.Throws<FlairException>(() => MetricsRun.Run(_patches.Settings()));

        Assert.Contains("line 1: no mask named", error.Message, StringComparison.Ordinal);
        Assert.Contains("line 2: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_sizes_and_damaged_files_are_named_at_once()
    {
        Patch(0, [1, 1, 1, 1], [0, 0, 0, 0]);
        Patch(1, [1, 1, 1, 1], null);
        Patch(2, [1, 1, 1, 1], null);
        PatchFolder.WriteMask(Prediction(1), 4, 1, [0, 0, 0, 0]);
        File.WriteAllText(Prediction(2), "no image");

        var error = Assert.Throws<FlairException>(() => MetricsRun.Run(_patches.Settings()));

        Assert.StartsWith("2 patches cannot be compared: ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{Prediction(1)} 4 × 1 pixels", error.Message, StringComparison.Ordinal);
        Assert.Contains(Prediction(2), error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_patches.Folder, "out", "metrics")));
    }

    [Fact]
    public void Deleting_leaves_what_is_not_of_the_list()
    {
        Patch(0, [1, 1, 1, 1], [0, 0, 0, 0]);
        var other = Path.Combine(Path.GetDirectoryName(Prediction(0))!, "notes.txt");
        File.WriteAllText(other, "mine");

        MetricsRun.DeletePredictions(_patches.Settings());
        Assert.Equal([other], Directory.GetFiles(Path.GetDirectoryName(other)!));

        File.Delete(other);
        MetricsRun.DeletePredictions(_patches.Settings());
        Assert.False(Directory.Exists(Path.GetDirectoryName(other)));
        MetricsRun.DeletePredictions(_patches.Settings());
    }

    private string Prediction(int number) => PredictionFiles.Of(_patches.Settings(), PatchFolder.Name(number));

    private void Patch(int number, byte[] mask, byte[]? prediction)
    {
        _patches.Add(number, 2, 2, mask);
        if (prediction is not null)
            PatchFolder.WriteMask(Prediction(number), 2, 2, prediction);
    }
}
