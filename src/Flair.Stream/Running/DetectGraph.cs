using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using Flair.Batching;
using Flair.Indexing;
using Flair.Inference;
using Flair.Nomenclatures;
using Flair.Settings;
using Flair.Source;
using Flair.Stitching;
using Flair.Telemetry;
using Flair.Tiles;
using Flair.Windowing;

namespace Flair.Running;

/// <summary>What a graph is made of.</summary>
public sealed record GraphParts
{
    /// <summary>The settings.</summary>
    public required RunSettings Settings { get; init; }

    /// <summary>Where pixels come from.</summary>
    public required Mosaic Mosaic { get; init; }

    /// <summary>Where decoded blocks are kept for later units; null: nowhere.</summary>
    public KeptBlocks? Kept { get; init; }

    /// <summary>Where logits of windows lie that two units share; null: each computes them.</summary>
    public string? SharedFolder { get; init; }

    /// <summary>Where windows lie.</summary>
    public required ILattice Lattice { get; init; }

    /// <summary>The networks and their threads.</summary>
    public required InferenceWorkers Inference { get; init; }

    /// <summary>True where the network runs on the processor's cores, which readers then share with it.</summary>
    public required bool NetworkNeedsCores { get; init; }

    /// <summary>Makes other canvases than one that stitches; null for those.</summary>
    public Func<ICanvas>? Canvas { get; init; }

    /// <summary>The classes.</summary>
    public required Nomenclature Classes { get; init; }

    /// <summary>Tiles whose COGs are made at once; 1 or more.</summary>
    public required int TilesSealedAtOnce { get; init; }

    /// <summary>Makes the writer of a tile.</summary>
    public required Func<SourceTile, TileWriter> CreateWriter { get; init; }

    /// <summary>The directory of the finished rasters, relative to that of the index.</summary>
    public required string TilesFromRoot { get; init; }

    /// <summary>What all tiles' records share.</summary>
    public required RecordContext Records { get; init; }

    /// <summary>Where the records go.</summary>
    public required IndexLayout Index { get; init; }

    /// <summary>Commits a tile in object storage, and gives the record that is there; null for a local output.</summary>
    public Func<TileRow, CancellationToken, Task<TileRow>>? Publish { get; init; }

    /// <summary>Called after each tile's record is written.</summary>
    public required Action<TileRow> Committed { get; init; }
}

/// <summary>
/// The graph of <c>flair detect</c>:
/// <code>
/// units → read → window → batch → inference → stitch → tile → seal → index
/// </code>
/// Each arrow is bounded, so a slow block holds back those before it and memory does not depend on how much there is to map. A block that
/// fails faults those after it and, through the shared cancellation, stops those before it.
/// </summary>
public sealed class DetectGraph
{
    private readonly CancellationTokenSource _stop;
    private readonly ITargetBlock<UnitState> _entrance;
    private readonly ILattice _lattice;
    private readonly Func<SourceTile, IReadOnlyList<InputFingerprint>> _inputsOf;
    private readonly Mosaic _mosaic;
    private readonly Task[] _completions;
    private readonly BlockCounters[] _counters;
    private readonly ConcurrentDictionary<UnitTrace, bool> _traces = new();
    private readonly SharedStitching? _sharing;
    private readonly Queue<SharedWindows> _shared = [];

    /// <summary>Wires the blocks, last to first, since each knows the one it sends to.</summary>
    public DetectGraph(GraphParts parts, CancellationToken cancellation)
    {
        _lattice = parts.Lattice;
        _mosaic = parts.Mosaic;
        _inputsOf = parts.Records.InputsOf;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var stop = _stop.Token;
        var settings = parts.Settings;
        var mosaic = parts.Mosaic;
        BlockCounters read = new("read", "strips"), window = new("window", "windows"), batch = new("batch", "batches"),
            inference = new("inference", "windows"), stitch = new("stitch", "windows"), tile = new("tile", "rows"),
            seal = new("seal", "tiles"), index = new("index", "tiles");
        _counters = [read, window, batch, inference, stitch, tile, seal, index];

        var indexBlock = new IndexBlock(parts.Records, parts.Index, new SliceFragmentWriter(), parts.Publish, parts.Committed, index, stop);
        var sealBlock = new SealBlock(parts.TilesFromRoot, parts.TilesSealedAtOnce, seal, indexBlock.Input, stop);
        var tileBlock = new TileBlock(parts.CreateWriter, parts.Classes.Classes.Count, tile, sealBlock.Input, stop);

        var blend = settings.Stitch == StitchMode.Blend;
        var size = settings.Window.Size;
        var weights = blend ? BlendWeights.Window(size, settings.Window.Margin) : BlendWeights.Flat(size);
        bool[] active = [.. parts.Classes.Classes.Select(c => c.Active)];
        var stitchBlock = new StitchBlock(
            parts.Inference.Stitching,
            CreateCanvas,
            blend,
            settings.Outputs.Probabilities ? active.Length : 0,
            stitch,
            tileBlock.Input,
            stop);

        var inferenceBlock = InferenceBlock.Create(parts.Inference.Workers, Tally, inference, stop);
        inferenceBlock.LinkTo(stitchBlock.Input, new DataflowLinkOptions { PropagateCompletion = true });
        BlockDrain.AfterFailureOf(stitchBlock.Completion, inferenceBlock, batch => batch.Dispose());

        var batchingBlock = new BatchingBlock(parts.Inference.Workers[0].Network.BatchSize, batch, inferenceBlock, stop);
        var windowBlock = new WindowBlock(mosaic.ChannelCount, mosaic.Samples, Tally, window, batchingBlock.Input, stop);
        var readBlock = new ReadBlock(mosaic, ReadOptions.From(settings.Resources) with { SparesCores = parts.NetworkNeedsCores }, parts.Kept, read, windowBlock.Input, stop);

        // A network that wants several windows at once takes them as they come; and on a GPU a window is computed faster than a disk takes its logits.
        if (parts is { Canvas: null, SharedFolder: not null, Inference: { StitchingDevice: "cpu", Workers: [{ Network.TakesFewer: true }, ..] } })
            _sharing = new SharedStitching(parts.SharedFolder, blend, active.Length);
        _entrance = readBlock.Input;
        _completions =
        [
            readBlock.Completion, windowBlock.Completion, batchingBlock.Completion, inferenceBlock.Completion,
            stitchBlock.Completion, tileBlock.Completion, sealBlock.Completion, indexBlock.Completion,
        ];
        foreach (var completion in _completions)
            completion.ContinueWith(_ => _stop.Cancel(), CancellationToken.None, TaskContinuationOptions.NotOnRanToCompletion, TaskScheduler.Default);

        ICanvas CreateCanvas(int width)
        {
            if (parts.Canvas is not null)
                return parts.Canvas();
            return CropCanvas.Suits(settings.Stitch, parts.Inference.StitchingDevice)
                ? new CropCanvas(active, width, size, parts.Inference.Workers[0].Network.Kept, settings.Outputs.Probabilities, parts.Inference.StitchingThreads)
                : parts.Inference.CreateCanvas(active, width, size, weights);
        }
    }

    /// <summary>What the run has done so far.</summary>
    public RunTally Tally { get; } = new();

    /// <summary>The blocks' counters, in the data's order.</summary>
    internal IReadOnlyList<BlockCounters> Counters => _counters;

    /// <summary>The blocks' counters now, in the data's order.</summary>
    public IReadOnlyList<BlockSnapshot> Snapshot() => [.. _counters.Select(counters => counters.Snapshot())];

    /// <summary>Ends the run from without; <see cref="RunAsync"/> returns when every block has noticed.</summary>
    internal void Stop() => _stop.Cancel();

    /// <summary>Ends the spans of units that did not come through.</summary>
    internal void EndTraces()
    {
        foreach (var trace in _traces.Keys)
            trace.Dispose();
    }

    /// <summary>Sends the units through, one after the other as there is room, and waits for the last to come out.</summary>
    /// <exception cref="OperationCanceledException">The run was stopped; finished tiles are finished.</exception>
    /// <exception cref="FlairException">Something the user can put right.</exception>
    public async Task RunAsync(IEnumerable<WorkUnit> units)
    {
        try
        {
            UnitState? next = null;
            foreach (var (order, unit) in units.Index())
            {
                var before = next;
                next = new UnitState(unit, _lattice, _mosaic.Covers) { Order = order, Inputs = unit.Tiles.ToDictionary(tile => tile, _inputsOf) };
                if (before is null)
                    continue;
                Share(before, next);
                if (!await SendAsync(before).ConfigureAwait(false))
                    break;
            }

            if (next is not null)
                await SendAsync(next).ConfigureAwait(false);
            _entrance.Complete();
        }
        catch (OperationCanceledException)
        {
            // The blocks say below whether the user stopped the run or one of them failed.
        }

        // Every block is waited for, so that nothing is at work in the output directory when this returns.
        try
        {
            await Task.WhenAll(_completions).ConfigureAwait(false);
        }
        catch (Exception e) when (Cause(e) is { } cause)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        }
        finally
        {
            EndTraces();
            foreach (var windows in _shared)
                windows.Dispose();
        }
    }

    private void Share(UnitState first, UnitState second)
    {
        if (_sharing is null || SharedWindows.Between(first, second, _sharing) is not { } shared)
            return;
        first.Share(shared, second);
        _shared.Enqueue(shared);
        while (_shared.Peek().IsDisposed)
            _shared.Dequeue();
    }

    private Task<bool> SendAsync(UnitState unit)
    {
        unit.Trace = UnitTrace.Start(unit.Unit, Activity.Current?.Context ?? default, ended => _traces.TryRemove(ended, out _));
        if (unit.Trace is not null)
            _traces[unit.Trace] = true;
        return _entrance.SendAsync(unit, _stop.Token);
    }

    /// <summary>The first failure that is not another block's stopping because of it.</summary>
    private Exception? Cause(Exception thrown) => _completions
        .Where(completion => completion.IsFaulted)
        .SelectMany(completion => completion.Exception!.Flatten().InnerExceptions)
        .FirstOrDefault(inner => inner is not OperationCanceledException) ?? thrown;
}
