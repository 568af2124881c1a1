using System.Diagnostics;
using Flair.Indexing;
using Flair.Inference;
using Flair.Publishing;
using Flair.Settings;
using Flair.Source;
using Flair.Storage;
using Flair.Tiles;

namespace Flair.Running;

/// <summary>A run of <c>flair detect</c>: maps every tile that is not finished yet, then brings the index and the overviews of the whole up to date.</summary>
public sealed class DetectRun
{
    private readonly Lock _lock = new();
    private readonly RunPreparation _plan;
    private readonly RunOptions _options;
    private readonly IRunObserver _observer;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<TileRow> _rows = [];
    private readonly List<TileRow> _failed = [];
    private readonly TilePublisher? _publisher;
    private long _windowsTotal;

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
        try
        {
            using var remote = await RemoteOutput.OpenAsync(settings, options.Storage, cancellation).ConfigureAwait(false);
            var plan = RunPreparation.Prepare(settings, options.Version, observer.Notice, remote);
            return await new DetectRun(plan, options, observer).RunAsync(cancellation).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            throw new FlairException($"{e.Message}; what is finished stays: run the same command again to go on", e);
        }
    }

    private async Task<RunSummary> RunAsync(CancellationToken cancellation)
    {
        using var directory = RunDirectory.Open(_plan.Layout, _plan.Identity);
        RunDirectory.Save(_plan.Layout, _plan.Identity);
        _plan.Description.Save(_plan.Layout.Index);
        if (_publisher is not null)
            await _publisher.SaveStateAsync(_plan.ChangesIndex, cancellation).ConfigureAwait(false);
        if (_plan.ChangesIndex)
            _plan.Layout.Index.Discard();

        var outline = RunPlanner.Outline(_plan);
        _windowsTotal = outline.Windows;
        _observer.Started(outline);
        foreach (var tile in _plan.Mosaic.Unreadable)
            await FailAsync(tile, cancellation).ConfigureAwait(false);
        var cancelled = false;
        DetectGraph? graph = null;
        var mapping = TimeSpan.Zero;
        try
        {
            cancellation.ThrowIfCancellationRequested();
            if (_plan.Units.Count > 0)
            {
                using var inference = _options.Inference?.Invoke(_plan) ?? _plan.CreateInference();
                graph = new DetectGraph(Parts(inference), cancellation);
                var begun = Stopwatch.GetTimestamp();
                await WithProgressAsync(graph, graph.RunAsync(_plan.Units)).ConfigureAwait(false);
                mapping = Stopwatch.GetElapsedTime(begun);
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
                (rows, listed) = await PublishMapAsync(new MapPublisher(remote), products, rows, cancellation).ConfigureAwait(false);
            else if (!cancelled)
                listed = products.Write(rows, cancellation);
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

    /// <summary>Makes the files of the whole map in the mirror and brings them into object storage; does nothing where those there fit.</summary>
    private async Task<(IReadOnlyList<TileRow> Rows, IReadOnlyList<(string What, string Path)> Products)> PublishMapAsync(
        MapPublisher map, RunProducts products, IReadOnlyList<TileRow> rows, CancellationToken cancellation)
    {
        if (!_plan.ChangesIndex && map.Current(rows) is { } current)
            return (rows, current);
        var settled = await map.SettleAsync(rows, cancellation).ConfigureAwait(false);
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Status == TileStatus.Done && settled[i].Status == TileStatus.Failed)
                _failed.Add(settled[i]);
        }

        // Rasters of this output that were read earlier in this process may be others by now.
        RemoteFiles.Forget();
        var made = products.Write(settled, cancellation);
        await map.PublishAsync(made, settled, cancellation).ConfigureAwait(false);
        return (settled, made);
    }

    private GraphParts Parts(InferenceWorkers inference) => new()
    {
        Settings = _plan.Settings,
        Mosaic = _plan.Mosaic,
        Lattice = _plan.Lattice,
        Inference = inference,
        Classes = _plan.Model.Nomenclature,
        CreateWriter = CreateWriter,
        TilesFromRoot = Path.GetRelativePath(_plan.Layout.Root, _plan.Layout.Tiles),
        Records = new RecordContext(_plan.Mosaic.Grid, _plan.Model.Fingerprint, Sha256.OfText(_plan.SettingsText), _plan.InputsOf),
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
        };
        if (_publisher is null)
            TileRecordFile.Write(_plan.Layout.Index.Record(row.Tile), row);
        else
            row = await _publisher.PublishAsync(row, cancellation).ConfigureAwait(false);
        Committed(row);
    }

    private void Committed(TileRow row)
    {
        lock (_lock)
        {
            (row.Status == TileStatus.Done ? _rows : _failed).Add(row);
            _observer.TileFinished(row);
        }
    }

    /// <summary>The records of the mosaic's tiles, in its order: those found finished and those of this run, failed ones too.</summary>
    private List<TileRow> TileRecordsOfThisRun()
    {
        var byName = _plan.Finished.Concat(_rows).Concat(_failed).ToDictionary(row => row.Tile, StringComparer.Ordinal);
        var names = _plan.Mosaic.Tiles.Select(tile => tile.Name).Concat(_plan.Mosaic.Unreadable.Select(tile => tile.Name));
        return [.. names.Select(name => byName.GetValueOrDefault(name)).OfType<TileRow>()];
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
        WindowsTotal = _windowsTotal,
        WindowsDone = graph?.Tally.WindowsDone ?? 0,
        WindowsComputed = graph?.Tally.WindowsComputed ?? 0,
        Blocks = graph?.Snapshot() ?? [],
    };
}
