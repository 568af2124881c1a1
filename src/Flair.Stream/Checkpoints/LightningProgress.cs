using Flair.Checkpoints.Pickling;

namespace Flair.Checkpoints;

/// <summary>
/// Progress of Lightning's loops as its version 2 saves it (<c>lightning/pytorch/loops/progress.py</c>), so that <c>trainer.fit(ckpt_path=…)</c>
/// goes on with the right epoch and step. Version 1.9 finds its own name of the steps beside version 2's.
/// </summary>
internal static class LightningProgress
{
    /// <summary>The value of the key <c>loops</c>.</summary>
    public static PickleDict Of(TrainingCheckpoint checkpoint)
    {
        var running = checkpoint.Running?.Steps ?? 0;
        var epoch = checkpoint.Epoch;

        // Lightning saves at the end of an epoch before it counts it as completed, and in its midst after it has counted it as started.
        var started = epoch + (running > 0 ? 1 : 0);
        var completed = running > 0 ? epoch : Math.Max(0, epoch - 1);
        var steps = checkpoint.GlobalStep;
        var stepsInEpoch = running > 0 ? running : epoch > 0 ? steps / epoch : 0;

        var fit = PickleDict.Of(
            ("state_dict", new PickleDict()),
            ("epoch_loop.state_dict", PickleDict.Of(("_batches_that_stepped", steps))),
            ("epoch_loop.batch_progress", Batches(steps, stepsInEpoch, isLast: running == 0 && epoch > 0)),
            ("epoch_loop.scheduler_progress", Progress(Count(checkpoint.Scheduler.Epochs), Count(0))),
            ("epoch_loop.automatic_optimization.state_dict", new PickleDict()),
            ("epoch_loop.automatic_optimization.optim_progress", PickleDict.Of(("optimizer", Optimizer(steps, stepsInEpoch)))),
            ("epoch_loop.manual_optimization.state_dict", new PickleDict()),
            ("epoch_loop.manual_optimization.optim_step_progress", Progress(Count(0), Count(0))),
            ("epoch_loop.val_loop.state_dict", new PickleDict()),
            ("epoch_loop.val_loop.batch_progress", Batches(0, 0, isLast: false)),
            ("epoch_loop.batch_loop.optimizer_loop.optim_progress", PickleDict.Of(("optimizer", Optimizer(steps, stepsInEpoch)), ("optimizer_position", 0L))),
            ("epoch_progress", Progress(Epochs(started, epoch, completed), Epochs(started, epoch, completed))));
        return PickleDict.Of(("fit_loop", fit), ("validate_loop", Evaluation()), ("test_loop", Evaluation()), ("predict_loop", Evaluation()));
    }

    private static PickleDict Evaluation() =>
        PickleDict.Of(("state_dict", new PickleDict()), ("batch_progress", Batches(0, 0, isLast: false)));

    private static PickleDict Batches(long total, long current, bool isLast) =>
        PickleDict.Of(("total", Epochs(total, total, total)), ("current", Epochs(current, current, current)), ("is_last_batch", isLast));

    private static PickleDict Optimizer(long total, long current) => PickleDict.Of(
        ("step", Progress(Count(total), Count(current))),
        ("zero_grad", Progress(CountWithStart(total), CountWithStart(current))));

    private static PickleDict Progress(PickleDict total, PickleDict current) => PickleDict.Of(("total", total), ("current", current));

    private static PickleDict Count(long count) => PickleDict.Of(("ready", count), ("completed", count));

    private static PickleDict CountWithStart(long count) => PickleDict.Of(("ready", count), ("completed", count), ("started", count));

    private static PickleDict Epochs(long started, long processed, long completed) =>
        PickleDict.Of(("ready", started), ("completed", completed), ("started", started), ("processed", processed));
}
