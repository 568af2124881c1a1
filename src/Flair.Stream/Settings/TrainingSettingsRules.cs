using Flair.Models;

namespace Flair.Settings;

/// <summary>What must hold between the settings of a training.</summary>
internal static class TrainingSettingsRules
{
    private const string IouPrefix = "val_iou_";

    /// <summary>PyTorch's loader starts a process a worker; here they are threads, and beyond this many it is a slip of the keyboard.</summary>
    private const int MostWorkers = 1024;

    /// <summary>Adds what is wrong to the report.</summary>
    public static void Check(TrainingSettings settings, SettingsReport report)
    {
        var known = ArchitectureRegistry.Names.Contains(settings.Architecture);
        if (settings.Architecture.Length > 0 && !known)
            report.Fail("model.architecture", $"there is no model '{settings.Architecture}'{ArchitectureRegistry.Suggest(settings.Architecture)}");
        if (known && settings.UseMetadata)
            CheckMetadata(settings.Architecture, report);

        AtLeast("seed", settings.Seed, 0);
        AtLeast("batch_size", settings.BatchSize, 1);
        if (settings is { Tasks.Train: true, BatchSize: 1 } && known && HasBatchNorm(settings.Architecture))
            report.Fail("batch_size", "'batch_size' must be 2 or more to train: the network's batch normalization learns nothing from a single patch");
        if (settings.LearningRate <= 0)
            report.Fail("learning_rate", $"'learning_rate' must be more than 0, not {RunSettingsText.Number(settings.LearningRate)}");
        AtLeast("num_epochs", settings.Epochs, 1);
        AtLeast("num_workers", settings.Workers, 0);
        if (settings.Workers > MostWorkers)
            report.Fail("num_workers", $"'num_workers' must be {MostWorkers} or less, not {settings.Workers}");
        AtLeast("ckpt_earlystopping_patience", settings.Checkpoints.EarlyStoppingPatience, 0);
        AtLeast("progress_rate", settings.ProgressRate, 0);
        CheckMonitor(settings, report);

        void AtLeast(string key, int value, int least)
        {
            if (value < least)
                report.Fail(key, $"'{key}' must be {least} or more, not {value}");
        }
    }

    private static bool HasBatchNorm(string name)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        return architecture.Describe(encoder, channels: 1, classes: 1).Any(parameter => parameter.IsBuffer);
    }

    private static void CheckMetadata(string name, SettingsReport report)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        try
        {
            architecture.Describe(encoder, channels: 1, classes: 1, metadata: true);
        }
        catch (FlairException e)
        {
            report.Fail("use_metadata", e.Message);
        }
    }

    // The values that FLAIR-1's task_module.py logs.
    private static void CheckMonitor(TrainingSettings settings, SettingsReport report)
    {
        var monitor = settings.Checkpoints.Monitor;
        if (settings.Classes.Count == 0)
            return;
        if (settings.Classes.FirstOrDefault(c => IouPrefix + c.Name == monitor) is { Weight: 0 } unused)
        {
            report.Fail("ckpt_monitor", $"'ckpt_monitor' is {monitor}, which is not measured, as class {unused.Value} has weight 0");
            return;
        }

        string[] logged = ["val_loss", "val_miou", "train_loss", .. settings.Classes.Where(c => c.Weight > 0).Select(c => IouPrefix + c.Name)];
        if (!logged.Contains(monitor))
        {
            var hint = NearestName.Hint(monitor, logged);
            report.Fail("ckpt_monitor", $"'ckpt_monitor' must be val_loss, val_miou, train_loss or {IouPrefix}NAME of a class with a weight, not '{monitor}'{hint}");
            return;
        }

        var largerIsBetter = !monitor.EndsWith("_loss", StringComparison.Ordinal) || monitor.StartsWith(IouPrefix, StringComparison.Ordinal);
        if (settings.Checkpoints.Maximize != largerIsBetter)
            report.Fail("ckpt_monitor_mode", $"'ckpt_monitor_mode' must be {(largerIsBetter ? "max" : "min")} for {monitor}, or the worst epoch would be kept as the best");
    }
}
