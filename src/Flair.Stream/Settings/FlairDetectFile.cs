using Flair.Nomenclatures;

namespace Flair.Settings;

/// <summary>
/// FLAIR-1's <c>flair-1-config-detect.yaml</c>, in all the forms it had from February 2024 on (github.com/IGNF/FLAIR-1,
/// <c>configs/</c> and <c>src/zone_detect/main.py</c>): <c>bands</c> or <c>channels</c>; <c>model_name</c> with <c>encoder_name</c>, or
/// <c>model_framework</c>; <c>norma_task</c>, <c>normalization</c> (also as three list items), or <c>norm_*</c> at the top. Paths stay
/// as they are written: relative to the working directory.
/// <para>Where it differs from FLAIR-1: an existing result of the same settings is resumed, not written again as <c>NAME_1.tif</c>;
/// a missing <c>output_name</c> is the input's name and <c>_pred</c> (as before March 2024); norm lists of another length than the
/// channels are an error, not <c>scaling</c>. <c>use_gpu: true</c> takes a GPU where there is one, as FLAIR-1 does. The keys
/// <c>precision</c> and <c>device</c>, which FLAIR-1 overlooks, may be added.</para>
/// </summary>
internal static class FlairDetectFile
{
    private static readonly string[] NormKeys = ["norm_type", "norm_means", "norm_stds"];

    /// <summary>The keys at the top of all its forms.</summary>
    public static readonly IReadOnlyList<string> Keys =
    [
        "output_path", "output_name", "input_img_path", "channels", "bands", "img_pixels_detection", "margin", "output_type", "n_classes",
        "model_weights", "model_framework", "model_name", "encoder_name", "batch_size", "use_gpu", "num_worker", "write_dataframe",
        "norma_task", "normalization", .. NormKeys, "norm", "zone", "precision", "device",
    ];

    /// <summary>True when more of its top keys are FLAIR-1's than ours, so that one misspelt key does not change the kind.</summary>
    public static bool Recognises(MapNode tree)
    {
        var keys = tree.Entries.ConvertAll(e => e.Key);
        return keys.Count(k => Keys.Contains(k) && !PipelineFile.Keys.Contains(k)) > keys.Count(k => PipelineFile.Keys.Contains(k) && !Keys.Contains(k));
    }

    /// <summary>Reads a FLAIR-1 tree after merging the overrides into it; <c>--set</c> takes FLAIR-1's own keys.</summary>
    /// <exception cref="FlairException">Keys are unknown, missing or of another type, or something is asked that is not available.</exception>
    public static RunSettings Read(MapNode tree, SettingsReport report, SettingsOverrides overrides)
    {
        Merge(tree, report, overrides);
        var root = SettingsSection.Open(tree, report, "", Keys);
        if (root.Take("zone", "zone") is { } zone)
            throw new FlairException($"{zone.Origin.Place}: 'zone' with its layers is how FLAIR-1 was set up before its release; write input_img_path, bands and margin at the top instead");

        var output = root.Text("output_path", "output");
        root.Missing("output_path", "output", "give the directory that takes the result (or --output DIR)");
        var input = root.Text("input_img_path", "inputs.0.path");
        root.Missing("input_img_path", "inputs.0.path", "give the raster (or --input FILE)");
        var channels = ReadChannels(root, report);
        var size = root.Integer("img_pixels_detection", "window.size");
        var margin = root.Integer("margin", "window.margin");
        root.Missing("margin", "window.margin", "give the pixels to cut off on each side of a window");
        var classProb = root.Choice("output_type", "outputs", ("argmax", false), ("class_prob", true), ("uint8", true));
        root.Missing("output_type", "outputs", "give argmax or class_prob");
        var classes = root.Integer("n_classes", "model.logits");
        root.Missing("n_classes", "model.logits", "give the number of classes that the network tells apart");
        var weights = root.Text("model_weights", "model.weights");
        root.Missing("model_weights", "model.weights", "give the checkpoint (or --weights FILE)");
        var architecture = ModelFramework.Read(root, report, "model_name", "encoder_name", "--model NAME");
        var batch = root.Integer("batch_size", "batch");
        root.Missing("batch_size", "batch", "give the windows that go through the network together");
        var useGpu = root.Flag("use_gpu", "device") ?? true;
        var device = root.Text("device", "device");
        var precision = PipelineFile.ReadPrecision(root);
        var workers = root.Integer("num_worker", "resources.readers");
        var writeDataframe = root.Flag("write_dataframe", "flair_detect.write_dataframe");
        var outputName = root.Text("output_name", "flair_detect.output_name");
        var normalization = ReadNormalization(root, tree, report);
        report.ThrowIfAny();

        return new()
        {
            Output = output!,
            Inputs = [new() { Name = "image", Paths = [input!], Bands = channels }],
            Model = new() { Architecture = architecture!, Weights = weights!, Classes = ClassesOf(classes!.Value), Logits = classes },
            Normalization = normalization,
            Window = new() { Size = size ?? 512, Margin = margin!.Value },
            BatchSize = batch!.Value,
            Stitch = StitchMode.Crop,
            Outputs = new() { Classes = !classProb!.Value, Probabilities = classProb.Value },
            Precision = precision ?? Precision.Auto,
            Device = device ?? (useGpu ? "auto" : "cpu"),
            Nodata = new() { Value = "none", Solid = 1 },
            Resources = new() { Readers = workers ?? 0 },
            FlairDetect = new() { OutputName = OutputName(outputName, input!), WriteDataframe = writeDataframe ?? false },
        };
    }

    private static void Merge(MapNode tree, SettingsReport report, SettingsOverrides overrides)
    {
        var merger = new OverrideMerger(tree, report, "");
        if (overrides.Inputs.Count > 1)
            report.Fail(new Origin($"--input {overrides.Inputs[1]}", ""), "a FLAIR-1 file takes one raster; several go with a pipeline (pipelines/)");
        merger.Put("--input", overrides.Inputs is [var input, ..] ? input : null, "input_img_path");
        merger.Put("--output", overrides.Output, "output_path");
        merger.Put("--weights", overrides.Weights, "model_weights");
        merger.Put("--precision", overrides.Precision, "precision");
        merger.Put("--device", overrides.Device, "device");
        if (overrides.Model is { } model)
            ModelFramework.Put(merger, "--model", model);

        merger.PutAll(overrides.Sets);
    }

    private static IReadOnlyList<int> ReadChannels(SettingsSection root, SettingsReport report)
    {
        var key = root.Take("channels", "inputs.0.bands") is null && root.Take("bands", "inputs.0.bands") is not null ? "bands" : "channels";
        if (key == "channels" && root.Take("bands", "inputs.0.bands") is { } bands && root.Take("channels", "inputs.0.bands") is not null)
            report.Fail(bands.Origin, "'bands' is the older name of 'channels'; give one of them");
        root.Missing(key, "inputs.0.bands", "list the bands that the model takes, such as [1, 2, 3, 4, 5]");
        return root.Integers(key, "inputs.0.bands") ?? [];
    }

    private static NormalizationSettings ReadNormalization(SettingsSection root, MapNode tree, SettingsReport report)
    {
        var key = tree.Find("norma_task") is not null ? "norma_task" : "normalization";
        var section = root.Take(key, "normalization") is { } task ? SettingsSection.Open(Gather(task, report, key), report, key, NormKeys) : root;
        var typeKey = section == root && tree.Find("norm_type") is null && tree.Find("norm") is not null ? "norm" : "norm_type";
        var type = section.Choice(typeKey, "normalization.type",
            ("custom", NormalizationType.Custom), ("scaling", NormalizationType.Scaling), ("without", NormalizationType.Without), ("none", NormalizationType.Without));
        section.Missing(typeKey, "normalization.type", "give custom, scaling or without");
        if (type is null or not NormalizationType.Custom)
            return new() { Type = type ?? NormalizationType.Custom };
        var means = section.Numbers("norm_means", "normalization.means");
        var stds = section.Numbers("norm_stds", "normalization.stds");
        section.Missing("norm_means", "normalization.means", "norm_type custom needs one a channel");
        section.Missing("norm_stds", "normalization.stds", "norm_type custom needs one a channel");
        return new() { Type = NormalizationType.Custom, Means = means ?? [], Stds = stds ?? [] };
    }

    // One mapping, or a list of mappings: the first generation wrote type, means and stds as three items.
    private static MapNode Gather(SettingsNode task, SettingsReport report, string key)
    {
        var all = new MapNode(task.Origin);
        foreach (var item in task is ListNode list ? list.Items : [task])
        {
            if (item is not MapNode map)
            {
                report.Fail(item.Origin, $"'{key}' must hold norm_type, norm_means and norm_stds, not {item.Describe()}");
                continue;
            }

            foreach (var entry in map.Entries)
            {
                if (all.Find(entry.Key) is null)
                    all.Entries.Add(entry);
                else
                    report.Fail(entry.KeyOrigin, $"the key '{entry.Key}' is given twice under '{key}'");
            }
        }

        return all;
    }

    // flair-detect masks no class, so that of the published 15-class models, which have 19 logits, is flair-19 here too.
    private static string ClassesOf(int logits) => logits is 19 or 13 or 12 ? $"flair-{logits}" : $"classes-{Math.Clamp(logits, 1, Nomenclature.MaximumClasses)}";

    private static string OutputName(string? name, string input) =>
        name is null ? Path.GetFileName(input).Split('.')[0] + "_pred"
        : name.EndsWith(".tif", StringComparison.Ordinal) ? name[..^4] : name;
}
