using System.Diagnostics;
using Flair.DuckDb;
using Flair.Indexing;
using Flair.Inference;
using Flair.Publishing;
using Flair.Settings;
using Flair.Source;
using Flair.Storage;
using Flair.Telemetry;
using Flair.Tiles;

namespace Flair.Running;

/// <summary>A run of <c>flair detect</c>: maps every tile that is not finished yet, then brings the index and the overviews of the whole up to date.</summary>
public sealed class DetectRun
{
    /// <summary>Time that a stuck run gets to end in order.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly RunPreparation _plan;
    private readonly RunOptions _options;
    private readonly IRunObserver _observer;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<TileRow> _rows = [];
    private readonly List<TileRow> _failed = [];
    private readonly TilePublisher? _publisher;
    private long _windowsTotal;
    private bool _stuck;
    private RunRecord? _record;

    /// <summary>The networks, until somebody takes them; null where nothing is to be computed.</summary>
    private Task<InferenceWorkers>? _creating;
    private IReadOnlyList<RemovedTile> _pruned = [];

    private DetectRun(RunPreparation plan, RunOptions options, IRunObserver observer)
    {
        _plan = plan;
        _publisher = plan.Layout.Remote is { } remote ? new TilePublisher(remote, plan.Identity) : null;
        _options = options;
        _observer = observer;
    }

    /// <summary>Maps every unfinished tile.</summary>
    /// <returns>How it ended; a tile that failed or a cancellation is no exception.</returns>
    /// <exception cref="FlairException">The inputs, the model or the output directory cannot be used, or the disk is full.</exception>
    public static async Task<RunSummary> RunAsync(RunSettings settings, RunOptions options, IRunObserver observer, CancellationToken cancellation)
    {
        using var trace = FlairTrace.Start("detect");
        try
        {
            using var remote = await RemoteOutput.OpenAsync(settings, options.Storage, cancellation).ConfigureAwait(false);
            var plan = RunPreparation.Prepare(settings, options.Version, observer.Notice, options, remote);
            trace?.SetTag("flair.model", plan.ModelInWords).SetTag("flair.device", plan.Device).SetTag("flair.tiles", plan.Mosaic.Tiles.Count + plan.Mosaic.Unreadable.Count);
            var summary = await new DetectRun(plan, options, observer).RunAsync(cancellation).ConfigureAwait(false);
            trace?.SetTag("flair.exit_code", summary.ExitCode);
            return summary;
        }
        catch (StorageException e)
        {
            trace.Fail(e.Message);
            throw new FlairException($"{e.Message}; what is finished stays: run the same command again to go on", e);
        }
        catch (Exception e)
        {
            trace.Fail(e.Message);
            throw;
        }
    }

    private async Task<RunSummary> RunAsync(CancellationToken cancellation)
    {
        // While the output directory is made ready.
        if (_plan.Units.Count > 0)
            _creating = Task.Run(() => _options.Inference?.Invoke(_plan) ?? _plan.CreateInference(), CancellationToken.None);
        try
        {
            return await RunInDirectoryAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (_creating is { } unused)
            {
                await ((Task)unused).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (unused.IsCompletedSuccessfully)
                    unused.Result.Dispose();
            }
        }
    }

    private async Task<RunSummary> RunInDirectoryAsync(CancellationToken cancellation)
    {
        using var directory = RunDirectory.Open(_plan.Layout, _plan.Identity, _options.Replace);
        RunDirectory.Save(_plan.Layout, _plan.Identity);
        OutputGuard.Run($"{_plan.Layout.QuarantineFile}: cannot be written", () => _plan.Quarantine.Save(_plan.Layout.QuarantineFile));
        _record = RunRecord.Begin(_plan, _options.Prune, DateTime.UtcNow);
        _record.Write(_plan.Layout);
        try
        {
            var summary = await MapAsync(cancellation).ConfigureAwait(false);
            var record = Record(summary.ExitCode, null);
            record.Write(_plan.Layout);
            // A run that found nothing to do or to tell leaves the storage as it is.
            if (_publisher is not null && !summary.Cancelled && (_plan.ChangesIndex || _plan.Survey.Removed.Count > 0 || _publisher.LacksRecord))
                await _publisher.SaveRecordAsync(cancellation).ConfigureAwait(false);
            return summary with { Record = record };
        }
        catch (Exception e)
        {
            TryRecord(e);
            throw;
        }
    }

    private async Task<RunSummary> MapAsync(CancellationToken cancellation)
    {
        _plan.Description.Save(_plan.Layout.Index);
        if (_publisher is not null)
            await _publisher.SaveStateAsync(_plan.ChangesIndex, _options.Replace, cancellation).ConfigureAwait(false);
        if (_plan.ChangesIndex)
            OutputGuard.Run($"{_plan.Layout.Root}: the former index cannot be removed", _plan.Layout.Index.Discard);

        var outline = RunPlanner.Outline(_plan);
        _windowsTotal = outline.Windows;
        _observer.Started(outline);
        FlairMeter.Count(FlairMeter.Tiles, _plan.Finished.Count, "skipped");
        foreach (var tile in _plan.Unreadable)
            await FailAsync(tile, cancellation).ConfigureAwait(false);
        var cancelled = false;
        DetectGraph? graph = null;
        var mapping = TimeSpan.Zero;
        try
        {
            cancellation.ThrowIfCancellationRequested();
            if (_creating is { } creating)
            {
                // Loaded meanwhile: a run whose index could not be written had better not begin.
                var index = Task.Run(() => DuckDatabase.Version, CancellationToken.None);
                var inference = await creating.ConfigureAwait(false);
                _creating = null;
                var loaded = EndLoadingAsync(inference);
                try
                {
                    await index.ConfigureAwait(false);
                    using var kept = WorkUnit.Share(_plan.Units, _plan.Lattice, _plan.Layout.Blocks);
                    graph = new DetectGraph(Parts(inference, kept), cancellation);
                    using var counted = FlairMeter.Observe(graph.Counters);
                    var begun = Stopwatch.GetTimestamp();
                    await WithProgressAsync(graph, WatchedAsync(graph)).ConfigureAwait(false);
                    mapping = Stopwatch.GetElapsedTime(begun);
                }
                finally
                {
                    // A thread that is stuck cannot be waited for; the process ends soon.
                    if (!_stuck)
                    {
                        await loaded.ConfigureAwait(false);
                        inference.Dispose();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            cancelled = true;
        }

        IReadOnlyList<TileRow> rows = TileRecordsOfThisRun();
        var products = new RunProducts(_plan);
        IReadOnlyList<(string, string)> listed = [];
        try
        {
            if (!cancelled && _plan.Layout.Remote is { } remote)
            {
                (rows, listed) = await PublishMapAsync(new MapPublisher(remote), products, rows, cancellation).ConfigureAwait(false);
            }
            else if (!cancelled)
            {
                if (_plan.ChangesIndex)
                    new TilePruning(_plan.Layout).RemoveLeftovers(rows, _plan.Survey.Removed.Select(tile => tile.Row));
                listed = products.Write(rows, cancellation);
            }

            if (!cancelled && _options.Prune)
                await PruneAsync(rows, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            cancelled = true;
        }

        return new RunSummary
        {
            Final = Snapshot(graph),
            Mapping = mapping,
            Cancelled = cancelled,
            Failed = _failed,
            Areas = products.Areas(rows),
            Output = _plan.Layout.Shown,
            Products = listed,
        };
    }

    /// <summary>Lets go of what only loading needed, when the networks have theirs: the first rasters are decoded meanwhile.</summary>
    private async Task EndLoadingAsync(InferenceWorkers inference)
    {
        await inference.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _plan.ForgetWeights();
        NativeHeap.EndLoading();
        if (!NetworkNeedsCores)
            NativeHeap.FavourSpeed();
    }

    /// <summary>Makes the files of the whole map in the mirror and brings them into object storage; does nothing where those there fit.</summary>
    private async Task<(IReadOnlyList<TileRow> Rows, IReadOnlyList<(string What, string Path)> Products)> PublishMapAsync(
        MapPublisher map, RunProducts products, IReadOnlyList<TileRow> rows, CancellationToken cancellation)
    {
        var removed = _plan.Survey.Removed.Select(tile => tile.Row);
        if (!_plan.ChangesIndex && map.Current(rows) is { } current)
        {
            await _publisher!.Sweep.RemoveLeftoversAsync(rows, removed, cancellation).ConfigureAwait(false);
            return (rows, current);
        }

        var settled = await map.SettleAsync(rows, cancellation).ConfigureAwait(false);
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Status == TileStatus.Done && settled[i].Status == TileStatus.Failed)
                _failed.Add(settled[i]);
        }

        await _publisher!.Sweep.RemoveLeftoversAsync(settled, removed, cancellation).ConfigureAwait(false);

        // Rasters of this output that were read earlier in this process may be others by now.
        RemoteFiles.Forget();
        var made = products.Write(settled, cancellation);
        await map.PublishAsync(made, settled, cancellation).ConfigureAwait(false);
        return (settled, made);
    }

    /// <summary>False for one on a GPU, and for another than the settings': the one that does nothing.</summary>
    private bool NetworkNeedsCores => _plan.Device == "cpu" && _options.Inference is null;

    private GraphParts Parts(InferenceWorkers inference, KeptBlocks kept) => new()
    {
        Settings = _plan.Settings,
        Mosaic = _plan.Mosaic,
        Kept = kept,
        SharedFolder = _plan.IsFused ? _plan.Layout.Blocks : null,
        Lattice = _plan.Lattice,
        Inference = inference,
        NetworkNeedsCores = NetworkNeedsCores,
        Canvas = _options.Canvas,
        TilesSealedAtOnce = _options.TilesSealedAtOnce,
        Classes = _plan.Model.Nomenclature,
        CreateWriter = CreateWriter,
        TilesFromRoot = Path.GetRelativePath(_plan.Layout.Root, _plan.Layout.Tiles),
        Records = new RecordContext(_plan.Mosaic.Grid, _plan.Model.Fingerprint, Sha256.OfText(_plan.SettingsText), _plan.InputsOf, _plan.Survey.FailuresOf),
        Index = _plan.Layout.Index,
        Publish = _publisher is null ? null : _publisher.PublishAsync,
        Committed = Committed,
    };

    private TileWriter CreateWriter(SourceTile tile) => new(new TileJob
    {
        Name = _plan.Layout.NameOf(tile),
        Output = _plan.Layout.Tiles,
        Work = _plan.Layout.Work,
        Rect = tile.Rect,
        Grid = _plan.Mosaic.Grid,
        Classes = _plan.Model.Nomenclature,
        Outputs = _plan.Settings.Outputs,
        Metadata = _plan.TileMetadata,
    });

    /// <summary>Records a tile that is known to fail before anything is read.</summary>
    private async Task FailAsync(UnreadableTile tile, CancellationToken cancellation)
    {
        InputFingerprint[] inputs = [RasterInfo.Stat(tile.File)];
        var grid = _plan.Mosaic.Grid;
        var row = new TileRow
        {
            Tile = tile.Name,
            Box = tile.Rect is { } rect ? new GeoBox(grid.Left(rect.X), grid.Top(rect.Bottom), grid.Left(rect.Right), grid.Top(rect.Y)) : default,
            Width = tile.Rect?.Width ?? 0,
            Height = tile.Rect?.Height ?? 0,
            Status = TileStatus.Failed,
            Error = tile.Error,
            Inputs = inputs,
            InputsFingerprint = Fingerprints.OfInputs(inputs),
            ModelFingerprint = _plan.Model.Fingerprint,
            SettingsFingerprint = Sha256.OfText(_plan.SettingsText),
            Outputs = [],
            Windows = 0,
            WindowsComputed = 0,
            NodataPixels = 0,
            Histogram = [],
            MeanConfidence = double.NaN,
            Seconds = 0,
            Attempts = Math.Max(1, _plan.Survey.FailuresOf(tile.Name) + (_plan.Quarantine.Find(tile.File) is null ? 1 : 0)),
        };
        if (_publisher is null)
            TileRecordFile.Write(_plan.Layout.Index.Record(row.Tile), row);
        else
            row = await _publisher.PublishAsync(row, cancellation).ConfigureAwait(false);
        Committed(row);
    }

    /// <summary>Removes the tiles without input, once nothing refers to them any more.</summary>
    private async Task PruneAsync(IEnumerable<TileRow> kept, CancellationToken cancellation)
    {
        var tiles = _plan.Survey.Removed.Select(tile => tile.Row);
        if (_publisher is null)
            new TilePruning(_plan.Layout).Remove(tiles, kept);
        else
            await _publisher.Sweep.PruneAsync(tiles, kept, cancellation).ConfigureAwait(false);
        _pruned = _plan.Survey.Removed;
    }

    private RunRecord Record(int exitCode, string? error)
    {
        // Whoever holds the lock may be what is stuck; then the lists are those of the records on the disk.
        var entered = _lock.TryEnter(s_grace);
        try
        {
            return (_record! with
            {
                Seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds,
                Done = _rows.Count,
                Failed = _failed.Count,
                DoneTiles = entered ? [.. _rows.Take(RunRecord.MostListed).Select(Line)] : [],
                FailedTiles = entered ? [.. _failed.Take(RunRecord.MostListed).Select(Line)] : [],
                TilesPruned = RunRecordFiles.Of([.. _pruned.Select(tile => tile.Row.Tile)]),
            }).End(exitCode, error);
        }
        finally
        {
            if (entered)
                _lock.Exit();
        }

        RunRecordTile Line(TileRow row) =>
            new(row.Tile, _plan.Survey.Reasons.TryGetValue(row.Tile, out var reason) ? reason.InWords() : null, row.Error, row.Seconds);
    }

    /// <summary>The error is the one to tell, not that its record cannot be written, as on a full disk.</summary>
    private void TryRecord(Exception error)
    {
        try
        {
            Record((error as FlairException)?.ExitCode ?? 70, error.Message.Split('\n')[0]).Write(_plan.Layout);
        }
        catch (FlairException)
        {
        }
    }

    private void Committed(TileRow row)
    {
        var done = row.Status == TileStatus.Done;
        FlairMeter.Count(FlairMeter.Tiles, 1, done ? "done" : "failed");
        if (done)
        {
            FlairMeter.Pixels.Add((long)row.Width * row.Height);
            FlairMeter.TileDuration.Record(row.Seconds);
        }

        if (done && _publisher is null && _plan.Survey.FormerOutputs(row.Tile) is { Count: > 0 } former)
            new TilePruning(_plan.Layout).RemoveFormer(former, row);
        lock (_lock)
        {
            (done ? _rows : _failed).Add(row);
            _observer.TileFinished(row);
        }

        NativeHeap.Trim();
    }

    /// <summary>The records of the mosaic's tiles, in its order: those found finished and those of this run, failed ones too; then those that have no input any more.</summary>
    private List<TileRow> TileRecordsOfThisRun()
    {
        var byName = _plan.Finished.Concat(_rows).Concat(_failed).ToDictionary(row => row.Tile, StringComparer.Ordinal);
        var names = _plan.Mosaic.Tiles.Select(tile => tile.Name).Concat(_plan.Mosaic.Unreadable.Select(tile => tile.Name));
        return [.. names.Select(name => byName.GetValueOrDefault(name)).OfType<TileRow>(), .. _plan.Kept];
    }

    /// <summary>Runs the graph until it is done, or until the watchdog gives it up.</summary>
    private async Task WatchedAsync(DetectGraph graph)
    {
        var run = graph.RunAsync(_plan.Units);
        if (_plan.Settings.Resources.Watchdog <= 0)
        {
            await run.ConfigureAwait(false);
            return;
        }

        using var end = new CancellationTokenSource();
        var watch = new Watchdog(graph.Counters, TimeSpan.FromMinutes(_plan.Settings.Resources.Watchdog), _options.Time, Warn).RunAsync(end.Token);
        if (await Task.WhenAny(run, watch).ConfigureAwait(false) == run)
        {
            await end.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(false);
            await run.ConfigureAwait(false);
            return;
        }

        var stall = await watch.ConfigureAwait(false);
        graph.Stop();
        _stuck = await Task.WhenAny(run, Task.Delay(s_grace)).ConfigureAwait(false) != run;
        graph.EndTraces();
        if (run.IsCompletedSuccessfully)
            return;
        _ = run.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        throw new FlairException(stall!.ToString()) { ExitCode = RunSummary.StalledExitCode };
    }

    private void Warn(RunStall stall)
    {
        // Whoever holds the lock may be what is stuck.
        if (!_lock.TryEnter(s_grace))
            return;
        try
        {
            _observer.Stalled(stall);
        }
        finally
        {
            _lock.Exit();
        }
    }

    private async Task WithProgressAsync(DetectGraph graph, Task run)
    {
        using var timer = new PeriodicTimer(_options.ProgressInterval);
        var ticking = TickAsync();
        try
        {
            await run.ConfigureAwait(false);
        }
        finally
        {
            timer.Dispose();
            await ticking.ConfigureAwait(false);
        }

        async Task TickAsync()
        {
            while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
            {
                lock (_lock)
                    _observer.Progress(Snapshot(graph));
            }
        }
    }

    private RunSnapshot Snapshot(DetectGraph? graph) => new()
    {
        Elapsed = Stopwatch.GetElapsedTime(_start),
        TilesTotal = _plan.Mosaic.Tiles.Count + _plan.Mosaic.Unreadable.Count,
        TilesSkipped = _plan.Finished.Count,
        TilesDone = _rows.Count,
        TilesFailed = _failed.Count,
        // Where a disk has no room for what units share, more are computed than were planned.
        WindowsTotal = Math.Max(_windowsTotal, graph?.Tally.WindowsDone ?? 0),
        WindowsDone = graph?.Tally.WindowsDone ?? 0,
        WindowsComputed = graph?.Tally.WindowsComputed ?? 0,
        Blocks = graph?.Snapshot() ?? [],
    };
}
