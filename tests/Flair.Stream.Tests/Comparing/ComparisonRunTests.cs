using Flair.Comparing;
using Flair.Settings;
using Flair.Tests.Evaluation;
using Flair.Training;

namespace Flair.Tests.Comparing;

public sealed class ComparisonRunTests
{
    private readonly PatchFolder _patches = new();
    private readonly Watcher _watcher = new();

    private string Output => Path.Combine(_patches.Folder, "compared");

    [Fact]
    public void Models_are_trained_once_and_one_that_fails_stops_no_other()
    {
        Patches();
        string[] files = [Config("first"), Config("bad", "resnet18_nonsense"), Config("two-channels", channels: "[1, 2]")];

        var rows = Run(files);

        Assert.Equal(["first", "bad", "two-channels"], rows.Select(row => row.Name));
        Assert.Equal([true, false, true], rows.Select(row => row.Done));
        Assert.Contains("resnet18_nonsense", rows[1].Problem, StringComparison.Ordinal);
        Assert.Equal(("resnet18_unet", 3, 2), (rows[0].Architecture, rows[0].Channels, rows[0].Classes));
        Assert.True(rows[0].Parameters > rows[2].Parameters && rows[2].Parameters > 14_000_000);
        Assert.All(rows.Where(row => row.Done), row => Assert.InRange(row.Figures!.OverallAccuracy, 0, 100));
        Assert.True(rows[0].Figures!.Seconds > 0);
        Assert.Equal(2, _watcher.Epochs);
        var table = File.ReadAllText(Path.Combine(Output, ComparisonTable.CsvName));
        Assert.Equal(ComparisonTable.Csv(rows), table);

        // Again: nothing is computed, and the table is the same, times and all.
        Assert.Equal(rows, Run(files));
        Assert.Equal(2, _watcher.Epochs);
        Assert.Equal(table, File.ReadAllText(Path.Combine(Output, ComparisonTable.CsvName)));

        // More epochs go on with the trainings; evaluating takes their best weights without training.
        Run(files, "num_epochs=2");
        Assert.Equal(4, _watcher.Epochs);
        var evaluated = Run([files[0]], evaluateOnly: true);
        Assert.Equal(4, _watcher.Epochs);
        Assert.True(evaluated[0].Done, evaluated[0].Problem);
        Assert.True(evaluated[0].Figures!.Seconds > HistoryFile.Read(Path.Combine(Output, "first"))!.Epochs.Sum(epoch => epoch.Seconds));
    }

    [Fact]
    public void Evaluating_needs_weights_from_somewhere()
    {
        Patches();
        var row = Assert.Single(Run([Config("first")], evaluateOnly: true));
        Assert.Contains("ckpt_model_path", row.Problem, StringComparison.Ordinal);
        Assert.Contains($"first cannot be compared: {row.Problem}", _watcher.Notices);
        Assert.True(File.Exists(Path.Combine(Output, ComparisonTable.MarkdownName)));
    }

    [Fact]
    public void Two_models_of_one_name_are_refused()
    {
        Patches();
        string[] files = [Config("a"), Config("b")];
        var error = Assert.Throws<FlairException>(() => Run(files, "paths.out_model_name=x"));
        Assert.Equal("2 models are named x; give each its own paths.out_model_name", error.Message);
    }

    [Fact]
    public void The_study_s_seven_models_are_as_published()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !Directory.Exists(Path.Combine(root.FullName, "pipelines", "reproduce")))
            root = root.Parent;
        Assert.NotNull(root);
        Patches();
        string[] sets = [.. new[] { "train", "val", "test" }.Select(split => $"paths.{split}_csv={Path.Combine(_patches.Folder, "test.csv")}"), "accelerator=cpu"];

        var models = Directory.GetFiles(Path.Combine(root.FullName, "pipelines", "reproduce"), "*.yaml").Order(StringComparer.Ordinal)
            .Select(file => TrainingSettingsFile.Read(file, sets)).ToArray();

        Assert.Equal(
            [
                ("rgbie_15cl_resnet34-unet", "resnet34_unet", 5, 15), ("rgbi_15cl_resnet34-unet", "resnet34_unet", 4, 15),
                ("rgb_15cl_resnet34-unet", "resnet34_unet", 3, 15), ("rgb_15cl_resnet34-deeplabv3", "resnet34_deeplabv3", 3, 15),
                ("rgb_15cl_resnet34-fpn", "resnet34_fpn", 3, 15), ("rgb_15cl_mitb5-unet", "mit_b5_unet", 3, 15),
                ("rgbie_12cl_resnet34-unet", "resnet34_unet", 5, 12),
            ],
            models.Select(model => (model.Name, model.Architecture, model.Channels.Count, model.Classes.Count(entry => entry.Weight > 0))));
        Assert.All(models, model => Assert.Equal((10, 0.001, 200, 30, 19), (model.BatchSize, model.LearningRate, model.Epochs, model.Checkpoints.EarlyStoppingPatience, model.Classes.Count)));
        Assert.All(models, model => Assert.Equal(model.Channels.Count, model.Normalization.Means.Count));
    }

    private IReadOnlyList<ComparedModel> Run(string[] files, string? set = null, bool evaluateOnly = false) => ComparisonRun.Run(
        new() { Files = files, Output = Output, Sets = set is null ? [] : [set], EvaluateOnly = evaluateOnly }, _watcher, CancellationToken.None);

    private void Patches()
    {
        for (var i = 0; i < 2; i++)
            _patches.Add(i, mask: [.. Enumerable.Range(0, 64 * 64).Select(pixel => (byte)(1 + (pixel % 2)))]);
    }

    private string Config(string name, string model = "resnet18_unet", string channels = "[1, 2, 3]")
    {
        var file = Path.Combine(_patches.Folder, name + ".yaml");
        var csv = Path.Combine(_patches.Folder, "test.csv");
        File.WriteAllText(file, $$"""
            paths: { out_model_name: {{name}}, train_csv: {{csv}}, val_csv: {{csv}}, test_csv: {{csv}} }
            tasks: { train: True, predict: False, metrics: False }
            model_framework: { model_provider: SegmentationModelsPytorch, SegmentationModelsPytorch: { encoder_decoder: {{model}} } }
            use_augmentation: False
            channels: {{channels}}
            norm_type: scaling
            batch_size: 2
            learning_rate: 0.001
            num_epochs: 1
            use_weights: True
            classes: { 1: [1, one], 2: [1, two], 3: [0, three] }
            accelerator: cpu
            num_workers: 1
            """);
        return file;
    }
    private sealed class Watcher : ITrainingObserver
    {
        public int Epochs { get; private set; }

        public List<string> Notices { get; } = [];

        public void Started(TrainingStart start)
        {
        }

        public void Stepped(TrainingStep step)
        {
        }

        public void EpochEnded(EpochEnd end) => Epochs++;

        public void Trained(TrainingResult result)
        {
        }

        public void Progressed(string what, int done, int total)
        {
        }

        public void Notice(string text) => Notices.Add(text);
    }
}
