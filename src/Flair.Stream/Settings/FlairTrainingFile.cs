namespace Flair.Settings;

/// <summary>
/// FLAIR-1's <c>flair-1-config.yaml</c>, in all the forms it had from January 2024 on (github.com/IGNF/FLAIR-1, <c>configs/</c> and
/// <c>src/flair/main.py</c>): <c>train_load_ckpt</c>, or <c>train_tasks</c>; <c>model_architecture</c> with <c>encoder_name</c>, or
/// <c>model_framework</c>; with or without <c>ckpt_*</c> and <c>supervision_starts_at_one</c>. What an older form has no key for is what FLAIR-1
/// did then, but for <c>ckpt_save_also_last</c>, which is true where it is missing. The forms before <c>classes</c> are refused.
/// <para>Where it differs from FLAIR-1: <c>metrics</c> works alone, on predictions that are there; <c>delete_preds</c> deletes only what the same
/// run predicted; norm lists of another length than the channels, and class keys out of order, are errors; an empty
/// <c>out_folder</c> or <c>out_model_name</c> is one too. The key <c>device</c>, which FLAIR-1 overlooks, may be added and replaces <c>accelerator</c>.</para>
/// </summary>
internal static class FlairTrainingFile
{
    private static readonly string[] Keys =
    [
        "paths", "tasks", "model_framework", "model_architecture", "encoder_name", "use_augmentation", "use_metadata", "channels", "norm_type",
        "norm_means", "norm_stds", "seed", "batch_size", "learning_rate", "num_epochs", "use_weights", "supervision_starts_at_one", "classes",
        "georeferencing_output", "accelerator", "num_nodes", "gpus_per_node", "strategy", "num_workers", "ckpt_save_also_last", "ckpt_verbose",
        "ckpt_weights_only", "ckpt_monitor", "ckpt_monitor_mode", "ckpt_earlystopping_patience", "cp_csv_and_conf_to_output", "enable_progress_bar",
        "progress_rate", "device",
    ];

    private static readonly string[] OlderKeys = ["data", "num_classes", "class_weights", "num_channels", "copy_csv_to_output"];

    /// <summary>True when more of its top keys are a training's than a detection's, so that one misspelt key does not change the kind.</summary>
    public static bool Recognises(MapNode tree) => Lean(tree) > 0;

    /// <summary>True when more of its top keys are a detection's, whether FLAIR-1's or a pipeline's.</summary>
    public static bool IsDetection(MapNode tree) => Lean(tree) < 0;

    private static int Lean(MapNode tree)
    {
        return tree.Entries.Sum(e => (IsTrainings(e.Key) ? 1 : 0) - (IsDetections(e.Key) ? 1 : 0));

        static bool IsTrainings(string key) => Keys.Contains(key) || OlderKeys.Contains(key);
        static bool IsDetections(string key) => FlairDetectFile.Keys.Contains(key) || PipelineFile.Keys.Contains(key);
    }

    /// <summary>Reads a tree after merging the overrides into it, and checks it.</summary>
    /// <exception cref="FlairException">Keys are unknown, missing or wrong, or something is asked that is not available.</exception>
    public static TrainingSettings Read(MapNode tree, SettingsReport report, IReadOnlyList<string> sets, TrainingTasks? force, Func<int> cudaDevices)
    {
        RefuseOlderForms(tree);
        new OverrideMerger(tree, report, "").PutAll(sets);
        BlankIsNothing(tree);
        var root = SettingsSection.Open(tree, report, "", Keys);

        var tasks = TrainingTaskKeys.Read(root, report, force);
        var paths = TrainingPaths.Read(root, report, tasks);
        var architecture = ModelFramework.Read(root, report, "model_architecture", "encoder_name", option: null);
        var (channels, normalization) = TrainingInputKeys.Read(root, report);
        var startsAtOne = root.Flag("supervision_starts_at_one", "supervision_starts_at_one") ?? true;
        var classes = TrainingClassKeys.Read(root, report, startsAtOne);
        var defaults = new TrainingSettings { Output = "", Name = "", Architecture = "", Channels = [], Classes = [] };
        var settings = defaults with
        {
            Output = paths.Output,
            Name = paths.Name,
            TrainCsv = paths.TrainCsv,
            ValCsv = paths.ValCsv,
            TestCsv = paths.TestCsv,
            Checkpoint = paths.Checkpoint,
            Tasks = tasks,
            Architecture = architecture ?? "",
            UseAugmentation = root.Flag("use_augmentation", "use_augmentation") ?? defaults.UseAugmentation,
            UseMetadata = root.Flag("use_metadata", "use_metadata") ?? defaults.UseMetadata,
            Channels = channels,
            Normalization = normalization,
            Seed = root.Integer("seed", "seed") ?? defaults.Seed,
            BatchSize = root.Integer("batch_size", "batch_size") ?? defaults.BatchSize,
            LearningRate = root.Number("learning_rate", "learning_rate") ?? defaults.LearningRate,
            Epochs = root.Integer("num_epochs", "num_epochs") ?? defaults.Epochs,
            UseWeights = root.Flag("use_weights", "use_weights") ?? defaults.UseWeights,
            SupervisionStartsAtOne = startsAtOne,
            Classes = classes,
            GeoreferencingOutput = root.Flag("georeferencing_output", "georeferencing_output") ?? defaults.GeoreferencingOutput,
            Device = TrainingDeviceKeys.Read(root, report, computes: tasks.Train || tasks.Predict, cudaDevices),
            Workers = root.Integer("num_workers", "num_workers") ?? defaults.Workers,
            Checkpoints = ReadCheckpoints(root, defaults.Checkpoints),
            CopyInputs = root.Flag("cp_csv_and_conf_to_output", "cp_csv_and_conf_to_output") ?? defaults.CopyInputs,
            ShowProgress = root.Flag("enable_progress_bar", "enable_progress_bar") ?? defaults.ShowProgress,
            ProgressRate = root.Integer("progress_rate", "progress_rate") ?? defaults.ProgressRate,
        };
        if (tasks.Train)
            RequireWhatDecidesTheWeights(root);
        if (settings.UseMetadata)
            settings = settings with { MetadataFile = paths.ReadMetadata() };
        TrainingSettingsRules.Check(settings, report);
        report.ThrowIfAny();

        // Lightning's progress bar is off at a rate of 0.
        return settings.ProgressRate == 0 ? settings with { ShowProgress = false, ProgressRate = 1 } : settings;
    }

    private static void RefuseOlderForms(MapNode tree)
    {
        if (tree.Entries.Find(e => e.Key == "data") is { } data)
            throw new FlairException($"{data.KeyOrigin.Place}: 'data' with its directories is how FLAIR-1 was set up in 2023; write paths with train_csv, val_csv and test_csv, and tasks, model_framework, channels and classes instead");
        if (tree.Entries.Find(e => e.Key is "num_classes" or "class_weights") is { } older && tree.Find("classes") is null)
            throw new FlairException($"{older.KeyOrigin.Place}: '{older.Key}' is how FLAIR-1 was set up before February 2024, when values above num_classes counted as the last class; write classes instead, and recode such masks");
    }

    // FLAIR-1's file leaves paths empty as '' as well as with nothing behind the key.
    private static void BlankIsNothing(MapNode map)
    {
        for (var i = 0; i < map.Entries.Count; i++)
        {
            if (map.Entries[i].Value is ScalarNode { Text.Length: 0 } blank)
                map.Entries[i] = map.Entries[i] with { Value = new ScalarNode(blank.Origin, "", plain: true) };
            else if (map.Entries[i].Value is MapNode inner)
                BlankIsNothing(inner);
        }
    }

    private static CheckpointSettings ReadCheckpoints(SettingsSection root, CheckpointSettings defaults) => new()
    {
        SaveLast = root.Flag("ckpt_save_also_last", "ckpt_save_also_last") ?? defaults.SaveLast,
        Verbose = root.Flag("ckpt_verbose", "ckpt_verbose") ?? defaults.Verbose,
        WeightsOnly = root.Flag("ckpt_weights_only", "ckpt_weights_only") ?? defaults.WeightsOnly,
        Monitor = root.Text("ckpt_monitor", "ckpt_monitor") ?? defaults.Monitor,
        Maximize = root.Choice("ckpt_monitor_mode", "ckpt_monitor_mode", ("min", false), ("max", true)) ?? defaults.Maximize,
        EarlyStoppingPatience = root.Integer("ckpt_earlystopping_patience", "ckpt_earlystopping_patience") ?? defaults.EarlyStoppingPatience,
    };

    // FLAIR-1 has no default for any key. Those that only say how, such as num_workers, may be left out here.
    private static void RequireWhatDecidesTheWeights(SettingsSection root)
    {
        root.Missing("use_augmentation", "use_augmentation", "say whether patches are flipped and turned at random, True or False");
        root.Missing("batch_size", "batch_size", "give the patches of a step");
        root.Missing("learning_rate", "learning_rate", "give the learning rate of the first epoch, such as 0.02");
        root.Missing("num_epochs", "num_epochs", "give the most epochs to train");
        root.Missing("use_weights", "use_weights", "say whether the weights of the classes weigh the loss, True or False");
    }
}
