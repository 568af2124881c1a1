using Flair.Checkpoints.Pickling;
using Flair.Training;

namespace Flair.Checkpoints;

/// <summary>Reads the training that <see cref="TorchCheckpointWriter.WriteLightning"/> or Lightning itself saved.</summary>
public static class TrainingCheckpointReader
{
    private const string Setting = "ckpt_model_path";

    private const string WeightsOnly =
        "it holds weights, but not what a training needs to go on; set init_weights_only_from_ckpt instead of resume_training_from_ckpt to start a new training from them";

    private const string StartAnew = "set init_weights_only_from_ckpt instead of resume_training_from_ckpt to start a new training from its weights";

    /// <summary>
    /// The training. From a file of Lightning's (1.6 or later), <see cref="TrainingCheckpoint.Fingerprint"/> and
    /// <see cref="TrainingCheckpoint.Seed"/> are null, and sums of an epoch that is not finished are unknown.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlairException">
    /// It cannot be read, holds weights alone, is of a training whose optimizer is not SGD without momentum and decay or whose scheduler is
    /// not ReduceLROnPlateau, or stopped in the midst of an epoch of which only another program knows the sums.
    /// </exception>
    public static TrainingCheckpoint Read(string path) =>
        CheckpointFile.Open(path, Setting, Read, _ => throw new FlairException(WeightsOnly));

    private static TrainingCheckpoint Read(object? root, TensorReader tensors)
    {
        var fields = new PickleFields(root as PickleDict ?? new PickleDict(), tensors);
        if (!fields.Has("optimizer_states") || !fields.Has("state_dict"))
            throw new FlairException(WeightsOnly);
        var stored = tensors.ReadState(root);
        var own = fields.Has(LightningCheckpoint.OwnKey) ? fields.Dict(LightningCheckpoint.OwnKey) : null;
        if (own?.Integer("version") is > LightningCheckpoint.OwnVersion)
            throw new FlairException("it was written by a newer version of this program; use that one");
        var callbacks = fields.Has("callbacks") ? fields.Dict("callbacks") : null;
        return new()
        {
            Weights = StateDictNames.Strip(stored, keepMetadata: true),
            ClassWeights = stored.TryGet(StateDictNames.CriterionWeight, out var weights) ? Floats(weights) : null,
            Epoch = own is not null ? own.Count("epochs_done") : FinishedEpochs(fields),
            GlobalStep = fields.Integer("global_step"),
            Scheduler = Scheduler(fields.List("lr_schedulers"), Rate(fields.List("optimizer_states"))),
            EarlyStopping = callbacks is null ? null : EarlyStopping(callbacks),
            BestModel = callbacks is null ? null : BestModel(callbacks),
            Running = own is not null && own.Has("running") ? Running(own.Dict("running")) : null,
            Fingerprint = own?.Text("fingerprint"),
            Seed = own is not null && own.Has("seed") ? own.Integer("seed") : null,
        };
    }

    /// <summary>Lightning's <c>epoch</c> is one less at the end of an epoch, when it has not yet counted the epoch as completed.</summary>
    private static int FinishedEpochs(PickleFields fields)
    {
        if (!fields.Has("loops"))
            return fields.Count("epoch");
        var progress = fields.Dict("loops").Dict("fit_loop").Dict("epoch_progress").Dict("current");
        var (started, processed) = (progress.Count("started"), progress.Count("processed"));
        return started == processed
            ? processed
            : throw new FlairException(
                $"it was saved in the midst of an epoch (after {processed} whole ones), whose sums only the program that saved it knows; resume from a checkpoint of the end of an epoch");
    }

    private static double Rate(IReadOnlyList<PickleFields> optimizers)
    {
        if (optimizers is not [var optimizer] || optimizer.List("param_groups") is not [var group])
            throw new FlairException($"its training had other than one optimizer with one group of parameters, which cannot go on here; {StartAnew}");
        foreach (var name in new[] { "momentum", "dampening", "weight_decay" })
        {
            if (!group.Has(name) || group.Number(name) != 0)
                throw new FlairException($"its optimizer was not SGD without momentum and weight decay, so its training cannot go on here; {StartAnew}");
        }

        return group.Number("lr") is var rate and > 0 ? rate : throw new FlairException("its learning rate is not above 0");
    }

    private static ReduceOnPlateauState Scheduler(IReadOnlyList<PickleFields> schedulers, double rate)
    {
        if (schedulers is not [var scheduler] || !scheduler.Has("num_bad_epochs"))
            throw new FlairException($"its scheduler was not ReduceLROnPlateau, so its training cannot go on here; {StartAnew}");
        if (scheduler.Text("mode") != "min" || scheduler.Text("threshold_mode") != "rel" || scheduler.Numbers("min_lrs") is not [ReduceOnPlateau.MinimumRate]
            || scheduler.Number("factor") != ReduceOnPlateau.Factor || scheduler.Number("threshold") != ReduceOnPlateau.Threshold
            || scheduler.Count("patience") != ReduceOnPlateau.Patience || scheduler.Count("cooldown") != ReduceOnPlateau.Cooldown)
        {
            throw new FlairException(
                $"its ReduceLROnPlateau was not set as FLAIR-1's (min, factor {ReduceOnPlateau.Factor}, patience {ReduceOnPlateau.Patience}, "
                + $"cooldown {ReduceOnPlateau.Cooldown}, min_lr {ReduceOnPlateau.MinimumRate}), so its training cannot go on here; {StartAnew}");
        }

        return new(rate, scheduler.Number("best"), scheduler.Count("num_bad_epochs"), scheduler.Count("cooldown_counter"), scheduler.Count("last_epoch"));
    }

    private static EarlyStoppingState? EarlyStopping(PickleFields callbacks)
    {
        if (callbacks.Keys.FirstOrDefault(name => name.StartsWith("EarlyStopping{", StringComparison.Ordinal)) is not { } key)
            return null;
        var state = callbacks.Dict(key);
        return new()
        {
            Monitor = Quoted(key, "monitor"),
            Maximize = Quoted(key, "mode") == "max",
            WaitCount = state.Count("wait_count"),
            StoppedEpoch = state.Count("stopped_epoch"),
            BestScore = state.Number("best_score"),
            Patience = state.Count("patience"),
        };
    }

    private static BestModelState? BestModel(PickleFields callbacks)
    {
        // One that keeps the best: another, without a monitor, may save every few steps.
        var key = callbacks.Keys.FirstOrDefault(name => name.StartsWith("ModelCheckpoint{'monitor': '", StringComparison.Ordinal));
        if (key is null)
            return null;
        var state = callbacks.Dict(key);
        return new()
        {
            Monitor = Quoted(key, "monitor"),
            Maximize = Quoted(key, "mode") == "max",
            Directory = state.Text("dirpath") ?? string.Empty,
            Path = state.Text("best_model_path") ?? string.Empty,
            Score = state.Has("best_model_score") ? state.Number("best_model_score") : null,
            CurrentScore = state.Has("current_score") ? state.Number("current_score") : null,
            LastPath = state.Text("last_model_path") ?? string.Empty,
        };
    }

    private static RunningEpoch Running(PickleFields running) => new()
    {
        Steps = running.Count("steps"),
        LossSum = running.Number("loss_sum"),
        LossCount = running.Integer("loss_count"),
        Confusion = running.Integers("confusion"),
    };

    /// <summary>The value of a name in the key of a callback, which is Python's text of a dict: <c>Name{'monitor': 'val_loss', …}</c>.</summary>
    private static string Quoted(string key, string name)
    {
        var before = $"'{name}': '";
        var start = key.IndexOf(before, StringComparison.Ordinal);
        var end = start < 0 ? -1 : key.IndexOf('\'', start + before.Length);
        return end < 0 ? throw new InvalidDataException($"the callback {key} does not say its {name}") : key[(start + before.Length)..end];
    }

    private static float[] Floats(StoredTensor tensor) => tensor is { Type: ScalarType.Float32, Shape.Count: 1 }
        ? System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray()
        : throw new InvalidDataException($"{StateDictNames.CriterionWeight} is not a vector of float32");
}
