using System.Threading.Tasks.Dataflow;
using Flair.Batching;
using Flair.Inference;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Stitching;
using Flair.Windowing;

namespace Flair.Measuring;

/// <summary>The middle of <see cref="DetectGraph"/>: windows in host memory → batch → inference → stitch → classes in host memory. Needs no file and no GDAL.</summary>
internal sealed class SyntheticGraph
{
    private readonly ILattice _lattice;
    private readonly GridRect _rect;
    private readonly int _windowBytes;
    private readonly BatchingBlock _entrance;
    private readonly Task[] _completions;
    private readonly BufferBlock<UnitState> _ended = new();

    /// <summary>Wires the blocks.</summary>
    /// <param name="inference">The networks.</param>
    /// <param name="settings">Windows and stitching.</param>
    /// <param name="active">One a class.</param>
    /// <param name="channels">Channels of a window, a byte a value.</param>
    /// <param name="side">Windows' cores along a side of the square that is mapped at once.</param>
    /// <param name="rows">Sees each row of classes, from north to south.</param>
    public SyntheticGraph(InferenceWorkers inference, RunSettings settings, bool[] active, int channels, int side, Action<MapRows>? rows = null)
    {
        var (size, margin) = (settings.Window.Size, settings.Window.Margin);
        _lattice = new GridLattice(settings.Window, settings.Stitch);
        _rect = new GridRect(0, 0, side * (size - (2 * margin)), side * (size - (2 * margin)));
        _windowBytes = checked(channels * size * size);
        var sink = new ActionBlock<MapRows>(
            finished =>
            {
                using (finished)
                {
                    if (finished.EndOfUnit)
                        _ended.Post(finished.Unit);
                    else
                        rows?.Invoke(finished);
                }
            },
            new ExecutionDataflowBlockOptions { BoundedCapacity = 1 });
        var blend = settings.Stitch == StitchMode.Blend;
        var weights = blend ? BlendWeights.Window(size, margin) : BlendWeights.Flat(size);
        var network = inference.Workers[0].Network;
        var stitch = new StitchBlock(
            inference.Stitching,
            width => inference.CreateCanvas(active, width, size, weights),
            blend,
            0,
            new BlockCounters("stitch", "windows"),
            sink,
            CancellationToken.None);
        var infer = InferenceBlock.Create(inference.Workers, new RunTally(), new BlockCounters("inference", "windows"), CancellationToken.None);
        infer.LinkTo(stitch.Input, new DataflowLinkOptions { PropagateCompletion = true });
        BlockDrain.AfterFailureOf(stitch.Completion, infer, batch => batch.Dispose());
        _entrance = new BatchingBlock(network.BatchSize, new BlockCounters("batch", "batches"), infer, CancellationToken.None);
        _completions = [_entrance.Completion, infer.Completion, stitch.Completion, sink.Completion];
    }

    /// <summary>Sends one square through; it may still be on its way when this returns.</summary>
    /// <param name="fill">Writes a window's pixels; null leaves what the pooled memory held, as any pixel is as much work as another.</param>
    /// <returns>The windows of the square.</returns>
    public async Task<int> SendAsync(Action<CutWindow>? fill = null)
    {
        var unit = new UnitState(new WorkUnit([new SourceTile("synthetic", _rect, "", [], null)]), _lattice, _ => true);
        var known = new byte[_rect.Width];
        known.AsSpan().Fill(1);
        for (var row = 0; row < _rect.Height; row++)
            unit.Known.Put(known, _rect.Width, 1);
        var windows = 0;
        foreach (var placement in unit.Rows.SelectMany(row => row))
        {
            var window = CutWindow.Create(unit, placement, new WindowRecord { NodataShare = 0 }, _windowBytes);
            fill?.Invoke(window);
            await PutAsync(window).ConfigureAwait(false);
            windows++;
        }

        await PutAsync(CutWindow.End(unit)).ConfigureAwait(false);
        return windows;
    }

    /// <summary>Waits for the last row of a square; call it once for each that was sent.</summary>
    public async Task ArriveAsync()
    {
        var arrived = _ended.ReceiveAsync();
        // A block that fails is the end of all of them.
        if (await Task.WhenAny([arrived, .. _completions]).ConfigureAwait(false) != arrived)
            await Task.WhenAll(_completions).ConfigureAwait(false);
    }

    /// <summary>Ends the blocks.</summary>
    public async Task EndAsync()
    {
        _entrance.Input.Complete();
        await Task.WhenAll(_completions).ConfigureAwait(false);
    }

    private async Task PutAsync(CutWindow window)
    {
        if (await _entrance.Input.SendAsync(window).ConfigureAwait(false))
            return;
        window.Dispose();
        await Task.WhenAll(_completions).ConfigureAwait(false);
    }
}
