using Flair.Settings;

namespace Flair.Tests.Settings;

/// <summary>A directory with the files that a training's settings name, and FLAIR-1's own configurations, named after their commit.</summary>
public sealed class TrainingTestFiles : IDisposable
{
    public TrainingTestFiles()
    {
        foreach (var file in (string[])["train.csv", "val.csv", "test.csv", "some.ckpt", "metadata.json"])
            File.WriteAllText(At(file), file);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("flair-training-settings-").FullName;

    /// <summary>What FLAIR-1's file leaves for its user to fill in.</summary>
    public string[] Sets =>
    [
        $"paths.out_folder={At("out")}", "paths.out_model_name=toy", $"paths.train_csv={At("train.csv")}", $"paths.val_csv={At("val.csv")}", $"paths.test_csv={At("test.csv")}",
        $"paths.ckpt_model_path={At("some.ckpt")}", $"paths.path_metadata_aerial={At("metadata.json")}", "accelerator=cpu",
    ];

    /// <summary>The last form, filled in, with a network that is here.</summary>
    public string Last
    {
        get
        {
            var yaml = Historical("f6e7cb0")
                .Replace("model_provider: HuggingFace #", "model_provider: SegmentationModelsPytorch #", StringComparison.Ordinal)
                .Replace("encoder_decoder:", "encoder_decoder: resnet34_unet", StringComparison.Ordinal)
                .Replace("out_folder : ''", "out_folder : 'out'", StringComparison.Ordinal)
                .Replace("out_model_name: ''", "out_model_name: 'toy'", StringComparison.Ordinal)
                .Replace("accelerator: gpu", "accelerator: cpu", StringComparison.Ordinal);
            foreach (var (key, value) in new[] { ("train_csv :", "train.csv"), ("val_csv   :", "val.csv"), ("test_csv :", "test.csv"), ("ckpt_model_path:", "some.ckpt"), ("path_metadata_aerial:", "metadata.json") })
                yaml = string.Join('\n', yaml.Split('\n').Select(line => line.TrimStart().StartsWith(key, StringComparison.Ordinal) ? $"    {key} '{At(value)}'" : line));
            return yaml;
        }
    }

    public static string Historical(string commit) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Settings", "Data", "flair-1-config", commit + ".yaml"));

    public string At(string path) => Path.Combine(Root, path);

    public static TrainingSettings Parse(string yaml, string[]? sets = null, TrainingTasks? force = null, int cudaDevices = 0) =>
        TrainingSettingsFile.Parse(yaml, "t.yaml", sets ?? [], force, () => cudaDevices);

    public static string ErrorOf(string yaml, string[]? sets = null, TrainingTasks? force = null, int cudaDevices = 0) =>
        Assert.Throws<FlairException>(() => Parse(yaml, sets, force, cudaDevices)).Message;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
