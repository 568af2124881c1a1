using System.Text.Json;

namespace Flair.Cli.Tests;

public sealed class TrainingTests(CommandLineFixture here) : IClassFixture<CommandLineFixture>
{
    [Fact]
    public async Task FlairConfTrainsPredictsAndMeasures()
    {
        var patches = Path.Combine(here.At("scene"), "PATCHES", "flair-toy-paths-");
        string[] settings =
        [
            "--conf", Path.Combine(Repository.Root, "pipelines", "flair-1-config.yaml"), "--set", $"paths.out_folder={here.Root}", "--set", "paths.out_model_name=run",
            "--set", $"paths.train_csv={patches}train.csv", "--set", $"paths.val_csv={patches}val.csv", "--set", $"paths.test_csv={patches}test.csv",
            "--set", "batch_size=3", "--set", "num_epochs=1", "--set", "tasks.delete_preds=False",
        ];
        Assert.Equal(0, (await CommandLineFixture.RunAsync("toy", here.At("scene"), "--tiles", "1x1", "--size", "320", "--patch-size", "64")).Code);

        var (code, output, error) = await CommandLineFixture.RunAsync(settings);

        Assert.True(code == 0, error);
        Assert.Contains("at most 1 epoch\n", output, StringComparison.Ordinal);
        Assert.Contains("trained after 1 epoch;", output, StringComparison.Ordinal);
        Assert.Contains("epoch 0 (1 of 1): train_loss ", output, StringComparison.Ordinal);
        Assert.Contains("Global Metrics: ", output, StringComparison.Ordinal);
        Assert.All(
            ["flair-compute.log", "history.csv", "report.html", "checkpoints/last.ckpt", "metrics/metrics.json", "metrics/confmat.npy", "used_csv_and_config/flair-1-config.yaml"],
            file => Assert.True(File.Exists(Path.Combine(here.At("run"), file)), file));
        Assert.Equal(5, Directory.GetFiles(Path.Combine(here.At("run"), "predictions_run"), "PRED_IMG_*.tif").Length);

        // Nothing is left to train, and predicting takes the best of what was.
        (code, output, error) = await CommandLineFixture.RunAsync(["train", .. settings]);
        Assert.True(code == 0, error);
        Assert.Contains("the training is complete already", output, StringComparison.Ordinal);
        (code, output, error) = await CommandLineFixture.RunAsync(["train", .. settings, "--json"]);
        Assert.True(code == 0, error);
        var events = output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.All(events, line => Assert.Equal(["time", "level", "event"], line.EnumerateObject().Take(3).Select(field => field.Name)));
        Assert.Equal(1, events.Single(line => line.GetProperty("event").GetString() == "summary").GetProperty("epochs").GetInt32());
        (code, output, error) = await CommandLineFixture.RunAsync(["predict", .. settings, "--json"]);
        Assert.True(code == 0, error);
        Assert.Contains("5 predictions in ", output, StringComparison.Ordinal);

        (code, _, error) = await CommandLineFixture.RunAsync(["train", .. settings, "--set", "learning_rate=0.5"]);
        Assert.Equal(2, code);
        Assert.Contains("holds a training with other settings (learning_rate was 0.02 and is 0.5)", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutACommandAConfigurationIsNeeded()
    {
        var (code, _, error) = await CommandLineFixture.RunAsync("--quiet");
        Assert.Equal((2, $"error: no command is given; see flair --help{Environment.NewLine}"), (code, error));
    }
}
