using System.Runtime.InteropServices;
using Flair.Checkpoints.Pickling;
using Flair.Models;
using Flair.Training;

namespace Flair.Checkpoints;

/// <summary>
/// A training in the form of Lightning's <c>dump_checkpoint</c> (<c>lightning/pytorch/trainer/connectors/checkpoint_connector.py</c>, 2.0 to
/// 2.6), of the callbacks' <c>state_dict</c> and of <c>state_dict</c> in <c>torch.optim</c> (SGD, ReduceLROnPlateau). What is ours alone is
/// under <see cref="OwnKey"/>, which Lightning leaves aside. All of it is made of Python's own types and tensors.
/// </summary>
internal static class LightningCheckpoint
{
    /// <summary>The key of what Lightning does not know.</summary>
    public const string OwnKey = "flair_stream";

    /// <summary>The version of <see cref="OwnKey"/>.</summary>
    public const long OwnVersion = 1;

    // The oldest version with the form of the loops that all of 2.x have: none of them converts it.
    private const string Version = "2.0.0";

    /// <summary>The checkpoint's dict.</summary>
    /// <param name="checkpoint">The training.</param>
    /// <param name="weightsOnly">Leave out what <c>ModelCheckpoint(save_weights_only=True)</c> does, and what is ours.</param>
    public static PickleDict Of(TrainingCheckpoint checkpoint, bool weightsOnly)
    {
        var root = PickleDict.Of(
            ("epoch", checkpoint.Running is null ? Math.Max(0, checkpoint.Epoch - 1) : checkpoint.Epoch),
            ("global_step", checkpoint.GlobalStep),
            ("pytorch-lightning_version", Version),
            ("state_dict", StateDictNames.ForFlair(checkpoint.Weights, checkpoint.ClassWeights)),
            ("loops", LightningProgress.Of(checkpoint)));
        if (weightsOnly)
            return root;
        root.Add("callbacks", Callbacks(checkpoint));
        root.Add("optimizer_states", new List<object?> { Optimizer(checkpoint) });
        root.Add("lr_schedulers", new List<object?> { Scheduler(checkpoint.Scheduler) });
        root.Add(OwnKey, Own(checkpoint));
        return root;
    }

    private static PickleDict Callbacks(TrainingCheckpoint checkpoint)
    {
        var callbacks = new PickleDict();
        if (checkpoint.EarlyStopping is { } stopping)
        {
            callbacks.Add($"EarlyStopping{{{Monitor(stopping.Monitor, stopping.Maximize)}}}", PickleDict.Of(
                ("wait_count", stopping.WaitCount),
                ("stopped_epoch", stopping.StoppedEpoch),
                ("best_score", Scalar(stopping.BestScore)),
                ("patience", stopping.Patience)));
        }

        if (checkpoint.BestModel is { } best)
        {
            var key = $"ModelCheckpoint{{{Monitor(best.Monitor, best.Maximize)}, 'every_n_train_steps': 0, 'every_n_epochs': 1, 'train_time_interval': None}}";
            var score = best.Score is { } value ? Scalar(value) : null;
            callbacks.Add(key, PickleDict.Of(
                ("monitor", best.Monitor),
                ("best_model_score", score),
                ("best_model_path", best.Path),
                ("current_score", best.CurrentScore is { } current ? Scalar(current) : null),
                ("dirpath", best.Directory),
                ("best_k_models", score is null ? new PickleDict() : PickleDict.Of((best.Path, score))),
                ("kth_best_model_path", best.Path),
                ("kth_value", score ?? Scalar(best.Maximize ? double.NegativeInfinity : double.PositiveInfinity)),
                ("last_model_path", best.LastPath)));
        }

        return callbacks;
    }

    private static string Monitor(string name, bool maximize) => $"'monitor': '{name}', 'mode': '{(maximize ? "max" : "min")}'";

    private static PickleDict Optimizer(TrainingCheckpoint checkpoint)
    {
        var group = PickleDict.Of(
            ("lr", checkpoint.Scheduler.LearningRate),
            ("momentum", 0L),
            ("dampening", 0L),
            ("weight_decay", 0L),
            ("nesterov", false),
            ("maximize", false),
            ("foreach", null),
            ("differentiable", false),
            // The optimizer is given no buffers.
            ("params", Enumerable.Range(0, checkpoint.Weights.Count(entry => !new ParameterSpec(entry.Key, entry.Value.Shape, entry.Value.Type).IsBuffer)).Select(index => (object?)index).ToList()));
        return PickleDict.Of(("state", new PickleDict()), ("param_groups", new List<object?> { group }));
    }

    private static PickleDict Scheduler(ReduceOnPlateauState state) => PickleDict.Of(
        ("factor", ReduceOnPlateau.Factor),
        ("min_lrs", new List<object?> { ReduceOnPlateau.MinimumRate }),
        ("patience", ReduceOnPlateau.Patience),
        ("verbose", false),
        ("cooldown", ReduceOnPlateau.Cooldown),
        ("cooldown_counter", state.CooldownLeft),
        ("mode", "min"),
        ("threshold", ReduceOnPlateau.Threshold),
        ("threshold_mode", "rel"),
        ("best", state.Best),
        ("num_bad_epochs", state.BadEpochs),
        ("mode_worse", double.PositiveInfinity),
        ("eps", 1e-8),
        ("last_epoch", state.Epochs),
        ("_last_lr", new List<object?> { state.LearningRate }));

    private static PickleDict Own(TrainingCheckpoint checkpoint)
    {
        var own = PickleDict.Of(
            ("version", OwnVersion),
            ("epochs_done", checkpoint.Epoch),
            ("fingerprint", checkpoint.Fingerprint),
            ("seed", checkpoint.Seed));
        if (checkpoint.Running is { } running)
        {
            own.Add("running", PickleDict.Of(
                ("steps", running.Steps),
                ("loss_sum", running.LossSum),
                ("loss_count", running.LossCount),
                ("confusion", running.Confusion.Select(count => (object?)count).ToList())));
        }

        return own;
    }

    /// <summary>A tensor without dimensions: float32 as Lightning's scores are, or float64 where that would lose digits.</summary>
    private static StoredTensor Scalar(double value) => (float)value is var single && (single == value || double.IsNaN(value))
        ? new(ScalarType.Float32, [], MemoryMarshal.AsBytes([single]).ToArray())
        : new(ScalarType.Float64, [], MemoryMarshal.AsBytes([value]).ToArray());
}
