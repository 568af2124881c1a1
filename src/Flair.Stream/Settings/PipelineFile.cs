namespace Flair.Settings;

/// <summary>
/// The pipeline YAML: what <c>pipelines/*.yaml</c> hold. Relative paths are relative to the file's own directory, so that a pipeline
/// works from anywhere; those of the command line are relative to the working directory.
/// <list type="bullet">
/// <item><c>inputs</c> lists the products; each has a <c>name</c> and either <c>path</c> (one or a list) with <c>bands</c>, or
/// <c>surface</c> and <c>terrain</c> (with <c>unit</c>) for a height band. <c>input</c> beside it is the directory under which the
/// products' relative paths are looked up.</item>
/// <item>For a single product, <c>input</c> and <c>bands</c> at the top are enough.</item>
/// </list>
/// </summary>
internal static class PipelineFile
{
    public static readonly IReadOnlyList<string> Keys =
    [
        "inputs", "input", "bands", "crs", "model", "normalization", "window", "batch", "stitch", "outputs", "nodata", "precision",
        "device", "resources", "telemetry", "output", "flair_detect",
    ];

    /// <summary>Reads a pipeline's tree after merging the overrides into it.</summary>
    /// <exception cref="FlairException">Keys are unknown, missing or of another type.</exception>
    public static RunSettings Read(MapNode tree, SettingsReport report, SettingsOverrides overrides)
    {
        var merger = new OverrideMerger(tree, report, Environment.CurrentDirectory);
        merger.Put("--output", overrides.Output, "output");
        merger.Put("--weights", overrides.Weights, "model", "weights");
        merger.Put("--model", overrides.Model, "model", "architecture");
        merger.Put("--precision", overrides.Precision, "precision");
        merger.Put("--device", overrides.Device, "device");
        PipelineInputs.Merge(tree, merger, report, overrides.Inputs);
        merger.PutAll(overrides.Sets);

        var root = SettingsSection.Open(tree, report, "", Keys);
        root.Missing("output", "output", "give the directory that takes the map (or --output DIR)");

        // What is wrong or missing reads as absent, so this goes to the end and finds every error; then the report throws.
        var defaults = new RunSettings
        {
            Output = root.Path("output", "output") ?? "",
            Inputs = PipelineInputs.Read(root, report),
            Model = ReadModel(root),
            Normalization = ReadNormalization(root, report),
        };
        var settings = defaults with
        {
            Window = ReadWindow(root, defaults.Window),
            BatchSize = root.Integer("batch", "batch") ?? defaults.BatchSize,
            Stitch = root.Choice("stitch", "stitch", ("blend", StitchMode.Blend), ("crop", StitchMode.Crop)) ?? defaults.Stitch,
            Outputs = ReadOutputs(root, defaults.Outputs),
            Precision = ReadPrecision(root) ?? defaults.Precision,
            Device = root.Text("device", "device") ?? defaults.Device,
            Nodata = ReadNodata(root, defaults.Nodata),
            Resources = ReadResources(root, defaults.Resources),
            TelemetryEndpoint = root.Section("telemetry", "telemetry", "endpoint")?.Text("endpoint", "telemetry.endpoint"),
            Crs = root.Text("crs", "crs"),
            FlairDetect = ReadFlairDetect(root),
        };
        report.ThrowIfAny();
        return settings;
    }

    public static Precision? ReadPrecision(SettingsSection section) =>
        section.Choice("precision", "precision", ("auto", Precision.Auto), ("fp32", Precision.Fp32), ("bf16", Precision.Bf16), ("fp16", Precision.Fp16), ("int8", Precision.Int8));

    private static ModelSettings ReadModel(SettingsSection root)
    {
        var defaults = new ModelSettings { Architecture = "", Weights = "" };
        root.Missing("model", "model", "give it an architecture and weights, or --model and --weights");
        if (root.Section("model", "model", "architecture", "weights", "classes", "logits") is not { } model)
            return defaults;
        var architecture = model.Text("architecture", "model.architecture");
        var weights = model.Text("weights", "model.weights") == RunSettingsRules.Formula ? RunSettingsRules.Formula : model.Path("weights", "model.weights");
        model.Missing("architecture", "model.architecture", "name the encoder and the decoder, such as resnet34_unet (or --model NAME)");
        model.Missing("weights", "model.weights", "name a .pth, .ckpt or .safetensors file, or 'formula' for untrained weights (or --weights FILE)");
        var classes = model.Text("classes", "model.classes");
        if (classes is not null && RunSettingsRules.IsPath(classes))
            classes = model.Path("classes", "model.classes");
        return new()
        {
            Architecture = architecture ?? "",
            Weights = weights ?? "",
            Classes = classes ?? defaults.Classes,
            Logits = model.Integer("logits", "model.logits"),
        };
    }

    private static NormalizationSettings ReadNormalization(SettingsSection root, SettingsReport report)
    {
        root.Missing("normalization", "normalization", "say how the model was trained: { type: custom, means: […], stds: […] }, or type scaling or without");
        if (root.Section("normalization", "normalization", "type", "means", "stds") is not { } section)
            return new();
        var type = section.Choice("type", "normalization.type",
            ("custom", NormalizationType.Custom), ("scaling", NormalizationType.Scaling), ("without", NormalizationType.Without)) ?? NormalizationType.Custom;
        var means = section.Numbers("means", "normalization.means");
        var stds = section.Numbers("stds", "normalization.stds");
        if (type == NormalizationType.Custom)
        {
            section.Missing("means", "normalization.means", "type custom needs one a channel");
            section.Missing("stds", "normalization.stds", "type custom needs one a channel");
        }
        else if (means is not null || stds is not null)
        {
            report.Fail(means is not null ? "normalization.means" : "normalization.stds", "means and stds belong to normalization type custom alone; take them out or change the type");
        }

        return new() { Type = type, Means = means ?? [], Stds = stds ?? [] };
    }

    private static WindowSettings ReadWindow(SettingsSection root, WindowSettings defaults)
    {
        var section = root.Section("window", "window", "size", "margin");
        return new()
        {
            Size = section?.Integer("size", "window.size") ?? defaults.Size,
            Margin = section?.Integer("margin", "window.margin") ?? defaults.Margin,
        };
    }

    private static OutputSettings ReadOutputs(SettingsSection root, OutputSettings defaults)
    {
        var section = root.Section("outputs", "outputs", "classes", "probabilities", "confidence");
        return new()
        {
            Classes = section?.Flag("classes", "outputs.classes") ?? defaults.Classes,
            Probabilities = section?.Flag("probabilities", "outputs.probabilities") ?? defaults.Probabilities,
            Confidence = section?.Flag("confidence", "outputs.confidence") ?? defaults.Confidence,
        };
    }

    private static NodataSettings ReadNodata(SettingsSection root, NodataSettings defaults)
    {
        var section = root.Section("nodata", "nodata", "value", "solid");
        return new()
        {
            Value = section?.Text("value", "nodata.value") ?? defaults.Value,
            Solid = section?.Integer("solid", "nodata.solid") ?? defaults.Solid,
        };
    }

    private static ResourceSettings ReadResources(SettingsSection root, ResourceSettings defaults)
    {
        var section = root.Section("resources", "resources", "threads", "readers", "attempts", "watchdog", "stall_minutes", "restarts", "quarantine_days", "work");
        return new()
        {
            Threads = section?.Integer("threads", "resources.threads") ?? defaults.Threads,
            Readers = section?.Integer("readers", "resources.readers") ?? defaults.Readers,
            Attempts = section?.Integer("attempts", "resources.attempts") ?? defaults.Attempts,
            Watchdog = section?.Number("watchdog", "resources.watchdog") ?? defaults.Watchdog,
            StallMinutes = section?.Number("stall_minutes", "resources.stall_minutes") ?? defaults.StallMinutes,
            Restarts = section?.Integer("restarts", "resources.restarts") ?? defaults.Restarts,
            QuarantineDays = section?.Integer("quarantine_days", "resources.quarantine_days") ?? defaults.QuarantineDays,
            Work = section?.Path("work", "resources.work"),
        };
    }

    // In the records of runs that a FLAIR-1 file began.
    private static FlairDetectSettings? ReadFlairDetect(SettingsSection root)
    {
        if (root.Section("flair_detect", "flair_detect", "output_name", "write_dataframe") is not { } section)
            return null;
        section.Missing("output_name", "flair_detect.output_name", "give the result's file name without its extension");
        return new()
        {
            OutputName = section.Text("output_name", "flair_detect.output_name") ?? "",
            WriteDataframe = section.Flag("write_dataframe", "flair_detect.write_dataframe") ?? false,
        };
    }
}
