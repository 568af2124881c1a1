namespace Flair.Settings;

/// <summary>FLAIR-1's <c>paths</c>, as far as the tasks need them. They stay as they are written: relative to the working directory.</summary>
internal sealed class TrainingPaths
{
    private const string CsvAdvice = "give a CSV file with a line a patch: path of the image, comma, path of the mask";

    private readonly SettingsSection? _section;
    private readonly SettingsReport _report;

    private TrainingPaths(SettingsSection? section, SettingsReport report)
    {
        _section = section;
        _report = report;
    }

    /// <summary><c>out_folder/out_model_name</c>.</summary>
    public string Output { get; private init; } = "";

    public string Name { get; private init; } = "";

    public string? TrainCsv { get; private set; }

    public string? ValCsv { get; private set; }

    public string? TestCsv { get; private set; }

    public string? Checkpoint { get; private set; }

    /// <summary>Reads the paths that <paramref name="tasks"/> need; the others may be anything, as they are in FLAIR-1's own file.</summary>
    public static TrainingPaths Read(SettingsSection root, SettingsReport report, TrainingTasks tasks)
    {
        root.Missing("paths", "paths", "give out_folder, out_model_name and the CSV files");
        var section = root.Section("paths", "paths", "out_folder", "out_model_name", "train_csv", "val_csv", "test_csv", "ckpt_model_path", "path_metadata_aerial");
        var folder = section?.Text("out_folder", "paths.out_folder") ?? "";
        section?.Missing("out_folder", "paths.out_folder", "give the directory that takes the result, . for the working directory");
        var name = section?.Text("out_model_name", "paths.out_model_name") ?? "";
        section?.Missing("out_model_name", "paths.out_model_name", "give a name; the result's directory and files are called after it");
        if (name is "." or ".." || name.IndexOfAny(['/', '\\']) >= 0)
            report.Fail("paths.out_model_name", $"'paths.out_model_name' must be a name, not the path '{name}'; the directory belongs into out_folder");

        var paths = new TrainingPaths(section, report) { Output = Path.Combine(folder, name), Name = name };
        if (tasks.Train)
        {
            paths.TrainCsv = paths.File("train_csv", $"tasks.train needs it: {CsvAdvice}");
            paths.ValCsv = paths.File("val_csv", $"tasks.train needs it: {CsvAdvice}");
        }

        if (tasks.Predict || tasks.Metrics)
            paths.TestCsv = paths.File("test_csv", $"tasks.{(tasks.Predict ? "predict" : "metrics")} needs it: {CsvAdvice}");
        if (tasks.Train && (tasks.InitWeightsOnly || tasks.Resume))
            paths.Checkpoint = paths.File("ckpt_model_path", $"{(tasks.Resume ? "resume_training_from_ckpt" : "init_weights_only_from_ckpt")} needs it: give a .ckpt, .pth or .safetensors file");
        else if (tasks.Predict && !tasks.Train && !(string.IsNullOrEmpty(section?.Text("ckpt_model_path", "paths.ckpt_model_path")) && System.IO.File.Exists(Training.TrainingFolder.StateIn(paths.Output))))
            paths.Checkpoint = paths.File("ckpt_model_path", "predicting without training needs it: give a .ckpt, .pth or .safetensors file");
        return paths;
    }

    /// <summary>Reads the path of the aerial metadata.</summary>
    public string? ReadMetadata() => File("path_metadata_aerial", "use_metadata needs it: give FLAIR's aerial metadata in JSON");

    private string? File(string key, string advice)
    {
        var setting = $"paths.{key}";
        _section?.Missing(key, setting, advice);
        var path = _section?.Text(key, setting);
        if (path is not null && !System.IO.File.Exists(path))
            _report.Fail(setting, $"'{setting}': the file {path} {(Directory.Exists(path) ? "is a directory" : "does not exist")}{(Path.IsPathRooted(path) ? "" : "; a relative path starts from the working directory")}");
        return path;
    }
}
