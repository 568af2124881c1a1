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
        "device", "resources", "output", "flair_detect",
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
        var inputs = PipelineInputs.Read(root, report);
        var model = ReadModel(root);
        var normalization = ReadNormalization(root, report);
        var window = root.Section("window", "window", "size", "margin");
        var outputs = root.Section("outputs", "outputs", "classes", "probabilities", "confidence");
        var nodata = root.Section("nodata", "nodata", "value", "solid");
        var resources = root.Section("resources", "resources", "threads", "readers", "attempts");
        var flairDetect = root.Section("flair_detect", "flair_detect", "output_name", "write_dataframe");
        flairDetect?.Missing("output_name", "flair_detect.output_name", "give the result's file name without its extension");
        var output = root.Path("output", "output");
        root.Missing("output", "output", "give the directory that takes the map (or --output DIR)");

        var settings = new
        {
            Size = window?.Integer("size", "window.size"),
            Margin = window?.Integer("margin", "window.margin"),
            Batch = root.Integer("batch", "batch"),
            Stitch = root.Choice("stitch", "stitch", ("blend", StitchMode.Blend), ("crop", StitchMode.Crop)),
            Classes = outputs?.Flag("classes", "outputs.classes"),
            Probabilities = outputs?.Flag("probabilities", "outputs.probabilities"),
            Confidence = outputs?.Flag("confidence", "outputs.confidence"),
            Precision = ReadPrecision(root),
            Device = root.Text("device", "device"),
            Value = nodata?.Text("value", "nodata.value"),
            Solid = nodata?.Integer("solid", "nodata.solid"),
            Threads = resources?.Integer("threads", "resources.threads"),
            Readers = resources?.Integer("readers", "resources.readers"),
            Attempts = resources?.Integer("attempts", "resources.attempts"),
            Crs = root.Text("crs", "crs"),
            OutputName = flairDetect?.Text("output_name", "flair_detect.output_name"),
            WriteDataframe = flairDetect?.Flag("write_dataframe", "flair_detect.write_dataframe"),
        };
        report.ThrowIfAny();

        var defaults = new RunSettings { Output = output!, Inputs = inputs, Model = model!, Normalization = normalization };
        return defaults with
        {
            Window = new() { Size = settings.Size ?? defaults.Window.Size, Margin = settings.Margin ?? defaults.Window.Margin },
            BatchSize = settings.Batch ?? defaults.BatchSize,
            Stitch = settings.Stitch ?? defaults.Stitch,
            Outputs = new()
            {
                Classes = settings.Classes ?? defaults.Outputs.Classes,
                Probabilities = settings.Probabilities ?? defaults.Outputs.Probabilities,
                Confidence = settings.Confidence ?? defaults.Outputs.Confidence,
            },
            Precision = settings.Precision ?? defaults.Precision,
            Device = settings.Device ?? defaults.Device,
            Nodata = new() { Value = settings.Value ?? defaults.Nodata.Value, Solid = settings.Solid ?? defaults.Nodata.Solid },
            Resources = new()
            {
                Threads = settings.Threads ?? defaults.Resources.Threads,
                Readers = settings.Readers ?? defaults.Resources.Readers,
                Attempts = settings.Attempts ?? defaults.Resources.Attempts,
            },
            Crs = settings.Crs,
            FlairDetect = settings.OutputName is null ? null : new() { OutputName = settings.OutputName, WriteDataframe = settings.WriteDataframe ?? false },
        };
    }

    public static Precision? ReadPrecision(SettingsSection section) =>
        section.Choice("precision", "precision", ("fp32", Precision.Fp32), ("bf16", Precision.Bf16), ("fp16", Precision.Fp16));

    private static ModelSettings? ReadModel(SettingsSection root)
    {
        var model = root.Section("model", "model", "architecture", "weights", "classes", "logits");
        if (model is null)
        {
            root.Missing("model", "model", "give it an architecture and weights, or --model and --weights");
            return null;
        }

        var defaults = new ModelSettings { Architecture = "", Weights = "" };
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
}
