using System.Diagnostics;
using System.Globalization;
using Flair.Checkpoints;
using Flair.Inference;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Training;

/// <summary>
/// Trains a network as FLAIR-1 does (Lightning's loop: an epoch of steps, a validation, the scheduler, the checkpoints, early stopping). What is
/// random is a function of the seed, the epoch and the patch, so a training that was cut anywhere and goes on ends with the weights of
/// one that was not: on a CPU with as many cores to the bit, while CUDA's backward pass adds in any order.
/// </summary>
public sealed class TrainingRun
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(10);

    // The activations of a step are allocated again in the next one; giving them back in between costs a quarter of the time.
    private const long ActivationCache = 16L << 30;

    private readonly TrainingSettings _settings;
    private readonly ITrainingObserver _observer;
    private readonly CancellationToken _stop;
    private readonly TrainingFolder _folder;
    private readonly PatchLoader _train;
    private readonly PatchLoader _val;

    private TrainingRun(TrainingSettings settings, TrainingData data, ITrainingObserver observer, CancellationToken stop)
    {
        _settings = settings;
        _observer = observer;
        _stop = stop;
        _folder = new(settings);
        _train = new(settings, data.Train, data.TrainMetadata);
        _val = new(settings, data.Val, data.ValMetadata);
    }

    /// <summary>Trains, or goes on with the training that was begun in the output directory.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="data">The patches, checked.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="stop">Ends the training after the step that it is at, and saves it.</param>
    /// <exception cref="FlairException">A file cannot be read or written, the loss is not finite, or the output directory holds another training.</exception>
    /// <exception cref="OperationCanceledException">It was stopped and saved.</exception>
    public static TrainingResult Run(TrainingSettings settings, TrainingData data, ITrainingObserver observer, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(observer);
        return new TrainingRun(settings, data, observer, stop).Run();
    }

    private TrainingResult Run()
    {
        _folder.Create();
        using var only = _folder.Lock();
        var start = TrainingOrigin.Find(_settings, _folder, _observer);
        if (start.BestModel is { } kept)
            _folder.RemoveReplaced(kept.Path);
        using var log = new TrainingLog(_settings, _folder, start.Epoch);
        var monitor = new EpochMonitor(_settings.Checkpoints, start.EarlyStopping, start.BestModel);
        var ended = start.Running is null ? End(start.Epoch, monitor) : null;
        if (ended is { } reason && monitor.Best.Path.Length == 0)
        {
            throw new FlairException(reason == TrainingEnd.Completed
                ? $"{_settings.Checkpoint}: its training has done {start.Epoch} epoch{(start.Epoch == 1 ? "" : "s")} and num_epochs is {_settings.Epochs}; raise num_epochs to go on with it"
                : $"{_settings.Checkpoint}: its training had no better epoch for {monitor.Stopping.WaitCount} and so has ended; raise ckpt_earlystopping_patience to go on with it");
        }

        // What is refused leaves the copies of the training that lies there as they are.
        if (_settings.CopyInputs)
            InputCopies.Write(_settings);
        if (ended is { } already)
            return new(already, monitor.Best.Path, log.History, 0);

        LibTorch.SetCacheLimit(ActivationCache);
        using var thread = new DeviceThread(Environment.ProcessorCount);
        using var trainer = new NetworkTrainer(thread, _settings, start.Weights);
        var session = new Session(start, monitor, new ReduceOnPlateau(start.Scheduler), trainer, log);
        _observer.Started(new(
            _settings, NetworkWeights.Parameters(_settings), _train.PatchCount, _val.PatchCount, session.Epoch, start.Running?.Steps ?? 0));
        var first = session.Epoch;
        while (End(session.Epoch, monitor) is null)
            RunEpoch(session).GetAwaiter().GetResult();
        return new(End(session.Epoch, monitor)!.Value, monitor.Best.Path, log.History, session.Epoch - first);
    }

    private TrainingEnd? End(int epoch, EpochMonitor monitor) =>
        monitor.IsExhausted ? TrainingEnd.StoppedEarly
        : epoch >= _settings.Epochs ? TrainingEnd.Completed
        : null;

    private async Task RunEpoch(Session session)
    {
        var watch = Stopwatch.StartNew();
        var epoch = session.Epoch;
        var tally = session.Running is { } running ? new EpochTally(_settings.Classes.Count, running) : new(_settings.Classes.Count);
        var first = session.Running?.Steps ?? 0;
        var saved = Stopwatch.StartNew();
        var pace = new Pace(_settings, epoch, first, _train.BatchCount, _val.BatchCount);
        var order = PatchOrder.Shuffled(_train.PatchCount, _settings.Seed, epoch);
        Func<int, PatchTransform>? augment = _settings.UseAugmentation ? patch => PatchTransform.Draw(_settings.Seed, epoch, patch) : null;
        var step = first;
        byte[] predictions = [];
        pace.Wait();
        await foreach (var batch in _train.LoadAsync(order, first, augment, CancellationToken.None).ConfigureAwait(false))
        {
            pace.Work();
            predictions = Fitting(predictions, batch);
            var loss = session.Trainer.Train(batch, session.Scheduler.State.LearningRate, StepSeed(session.GlobalStep), predictions);
            if (!double.IsFinite(loss))
                throw NotFinite(loss, epoch, step, batch);
            tally.Add(loss, batch, predictions);
            _train.Return(batch);
            step++;
            session.GlobalStep++;
            session.Running = tally.Running(step);
            _observer.Stepped(pace.Step(validation: false, step, tally.Loss));
            if (_stop.IsCancellationRequested || saved.Elapsed > SaveInterval)
            {
                Save(session);
                saved.Restart();
                _stop.ThrowIfCancellationRequested();
            }

            pace.Wait();
        }

        var validation = new EpochTally(_settings.Classes.Count);
        pace.Validate();
        pace.Wait();
        await foreach (var batch in _val.LoadAsync(PatchOrder.Listed(_val.PatchCount), 0, augment: null, CancellationToken.None).ConfigureAwait(false))
        {
            pace.Work();
            predictions = Fitting(predictions, batch);
            validation.Add(session.Trainer.Evaluate(batch, predictions), batch, predictions);
            _val.Return(batch);
            _observer.Stepped(pace.Step(validation: true, (int)validation.Batches, validation.Loss));
            if (_stop.IsCancellationRequested)
            {
                Save(session);
                _stop.ThrowIfCancellationRequested();
            }

            pace.Wait();
        }

        EndEpoch(session, tally, validation, watch.Elapsed.TotalSeconds);
    }

    private static byte[] Fitting(byte[] buffer, PatchBatch batch) =>
        buffer.Length == batch.Classes.Length ? buffer : new byte[batch.Classes.Length];

    private void EndEpoch(Session session, EpochTally tally, EpochTally validation, double seconds)
    {
        var record = TrainingLog.Record(session.Epoch, session.GlobalStep, session.Scheduler.State.LearningRate, tally, validation, seconds);
        if (!double.IsFinite(record.ValLoss))
            throw new FlairException($"epoch {record.Epoch}: the validation loss is {record.ValLoss}: every patch of {_settings.ValCsv} may be of classes of weight 0, or the training has diverged (lower learning_rate)");
        var monitor = session.Monitor;
        var value = session.Log.History.Value(record, _settings.Checkpoints.Monitor)
            ?? throw new FlairException($"ckpt_monitor '{_settings.Checkpoints.Monitor}' is no value of an epoch; give val_loss or val_miou");
        var best = monitor.Observe(value, record.Epoch);
        session.Scheduler.Step(record.ValLoss);
        session.Epoch++;
        session.Running = null;
        session.Log.Add(record);

        // The best is written before the state names it, and the one before deleted once the state no longer does.
        var replaced = best && monitor.Best.Path.Length > 0 ? monitor.Best.Path : null;
        if (best)
            monitor.Saved(_folder.Best(record), _folder.Checkpoints, value);
        if (_settings.Checkpoints.SaveLast)
            monitor.SavesLast(_folder.Last);
        var checkpoint = session.Checkpoint(_settings);
        if (best)
            TorchCheckpointWriter.WriteLightning(monitor.Best.Path, checkpoint, _settings.Checkpoints.WeightsOnly);
        if (_settings.Checkpoints.Verbose)
        {
            _observer.Notice(string.Create(CultureInfo.InvariantCulture,
                $"epoch {record.Epoch}, step {record.GlobalStep}: {_settings.Checkpoints.Monitor} is {value:0.00000}, {(best ? $"the best so far: saved as {monitor.Best.Path}" : $"no better than {monitor.Best.Score:0.00000}")}"));
        }

        if (_settings.Checkpoints.SaveLast)
            TorchCheckpointWriter.WriteLightning(_folder.Last, checkpoint, _settings.Checkpoints.WeightsOnly);
        if (replaced is not null)
            _folder.MarkReplaced(replaced);
        TorchCheckpointWriter.WriteLightning(_folder.State, checkpoint);
        _folder.RemoveReplaced(monitor.Best.Path);
        _observer.EpochEnded(new(record, best ? monitor.Best.Path : null, monitor.Stopping.WaitCount));
        _stop.ThrowIfCancellationRequested();
    }

    private void Save(Session session) => TorchCheckpointWriter.WriteLightning(_folder.State, session.Checkpoint(_settings));

    private FlairException NotFinite(double loss, int epoch, int step, PatchBatch batch)
    {
        var weightless = _settings.UseWeights && batch.Classes.All(index => _settings.Classes[index].Weight == 0);
        var files = string.Join(", ", batch.Files.Select(patch => patch.Image));
        return new(weightless
            ? $"epoch {epoch}, step {step}: the loss is {loss}, because all pixels of the batch are of classes of weight 0: {files}; leave such patches out or weigh their classes"
            : $"epoch {epoch}, step {step}: the loss is {loss}; lower learning_rate, or look for values that are no numbers in {files} (the last checkpoint is from before this step)");
    }

    private ulong StepSeed(long step) => NamedRandom.Bits(NamedRandom.Start($"dropout {_settings.Seed}"), (ulong)step);

    /// <summary>The training as it is now.</summary>
    private sealed class Session(TrainingCheckpoint start, EpochMonitor monitor, ReduceOnPlateau scheduler, NetworkTrainer trainer, TrainingLog log)
    {
        public EpochMonitor Monitor => monitor;

        public ReduceOnPlateau Scheduler => scheduler;

        public NetworkTrainer Trainer => trainer;

        public TrainingLog Log => log;

        public int Epoch { get; set; } = start.Epoch;

        public long GlobalStep { get; set; } = start.GlobalStep;

        public RunningEpoch? Running { get; set; } = start.Running;

        public TrainingCheckpoint Checkpoint(TrainingSettings settings) => new()
        {
            Weights = trainer.Export(GlobalStep - start.GlobalStep),
            ClassWeights = settings.UseWeights ? NetworkTrainer.ClassWeights(settings) : null,
            Epoch = Epoch,
            GlobalStep = GlobalStep,
            Scheduler = scheduler.State,
            EarlyStopping = monitor.Stopping,
            BestModel = monitor.Best,
            Running = Running,
            Fingerprint = start.Fingerprint,
            Seed = settings.Seed,
        };
    }
}
