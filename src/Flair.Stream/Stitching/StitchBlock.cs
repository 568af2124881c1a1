using System.Threading.Tasks.Dataflow;
using Flair.Inference;
using Flair.Kernels;
using Flair.Running;
using Flair.Source;
using Flair.Windowing;

namespace Flair.Stitching;

/// <summary>
/// logits → finished rows. Adds each window's probabilities to a canvas on the inference device, about as high as one window and as wide as the
/// unit. Windows come from north to south: when one comes that begins at row y, no later one touches the rows above y; they are finished,
/// and only their class, its probability and, where asked for, all probabilities leave the device.
/// Bounded: one canvas, which serves units of one width; one batch of logits waits. Ordered: rows leave from north to south, unit after unit.
/// </summary>
public sealed class StitchBlock : Stage<BatchLogits, MapRows>
{
    /// <summary>The class code of a pixel without data.</summary>
    public const byte Nodata = 255;

    private const int RowsAtOnce = 128;

    private readonly DeviceThread _thread;
    private readonly Func<int, ICanvas> _createCanvas;
    private readonly int _probabilityBands;
    private readonly bool _wholeWindow;
    private ICanvas? _canvas;
    private UnitState? _unit;
    private int _width;
    private int _finishedTo;

    /// <summary>Makes the block.</summary>
    /// <param name="thread">The thread that canvases are used on.</param>
    /// <param name="createCanvas">Makes a canvas of a given width.</param>
    /// <param name="wholeWindow">True to add whole windows (blend), false to keep only their cores (crop).</param>
    /// <param name="probabilityBands">Classes to hand on the probabilities of; 0: none.</param>
    /// <param name="counters">Counts windows.</param>
    /// <param name="next">Takes the rows.</param>
    /// <param name="cancellation">Stops it between two batches.</param>
    public StitchBlock(
        DeviceThread thread,
        Func<int, ICanvas> createCanvas,
        bool wholeWindow,
        int probabilityBands,
        BlockCounters counters,
        ITargetBlock<MapRows> next,
        CancellationToken cancellation)
        : base(counters, next, capacity: 1, cancellation)
    {
        _thread = thread;
        _createCanvas = createCanvas;
        _wholeWindow = wholeWindow;
        _probabilityBands = probabilityBands;
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(BatchLogits message, CancellationToken cancellation)
    {
        using var logits = message;
        var bounds = message.Unit.Unit.Bounds;
        if (_unit != message.Unit)
        {
            _unit = message.Unit;
            _finishedTo = bounds.Y;
            if (_canvas is null || _width != bounds.Width)
                Renew(bounds.Width);
        }

        foreach (var placement in message.Computed)
        {
            await FinishAsync(message.Unit, Top(placement)).ConfigureAwait(false);
            _thread.Run(() =>
            {
                using var busy = Counters.Enter(() => $"unit {message.Unit.Unit.Name}, window {placement.Id}");
                AddComputed(message.Unit.FromBefore!, placement, bounds);
            });
            Counters.Add(1, 0);
        }

        var here = message.Logits is null ? null : _thread.Run(() => _canvas!.Bring(message.Logits));
        using var brought = here == message.Logits ? null : here;
        for (int i = 0, end; i < message.Windows.Count; i = end)
        {
            await FinishAsync(message.Unit, Top(message.Windows[i])).ConfigureAwait(false);
            // Those that finish no further rows, together.
            for (end = i + 1; end < message.Windows.Count && Top(message.Windows[end]) <= _finishedTo;)
                end++;
            var (first, count) = (i, end - i);
            _thread.Run(() =>
            {
                using var busy = Counters.Enter(() => $"unit {message.Unit.Unit.Name}, window {message.Windows[first].Id}");
                for (var index = first; index < first + count; index++)
                {
                    var placement = message.Windows[index];
                    Add(here!, index, placement, bounds);
                    if (message.Unit.ForNext?.Find(placement) is { } shared)
                        message.Unit.ForNext.Save(shared, here!.View, index, Part(placement.Window, message.Kept));
                }
            });
            Counters.Add(count, 0);
        }

        int Top(Placement placement) => Math.Min(placement.Window.Y, bounds.Bottom);

        if (message.Logits is null)
        {
            await FinishAsync(message.Unit, bounds.Bottom).ConfigureAwait(false);
            message.Unit.FromBefore?.Dispose();
            await SendAsync(new MapRows(message.Unit, bounds.Bottom, 0, 0)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        _canvas?.Dispose();
        _canvas = null;
    }

    /// <summary>A canvas is empty when its unit is finished, so that the next unit of its width can have it.</summary>
    private void Renew(int width)
    {
        Release();
        _width = width;
        _canvas = _thread.Run(() =>
        {
            // Memory kept for one size does not serve the next, and would add up from unit to unit.
            HostMemory.ReleaseUnused();
            return _createCanvas(width);
        });
    }

    private void Add(WindowLogits logits, int index, Placement placement, GridRect bounds)
    {
        var window = placement.Window;
        if (_wholeWindow || placement.Drawings.Count == 0)
        {
            _canvas!.Add(logits, index, window, (_wholeWindow ? window : placement.Core).Intersect(bounds), bounds.X);
            return;
        }

        foreach (var (target, shiftX, shiftY) in placement.Drawings)
            _canvas!.Add(logits, index, window with { X = window.X - shiftX, Y = window.Y - shiftY }, target.Intersect(bounds), bounds.X);
    }

    private void AddComputed(SharedWindows computed, Placement placement, GridRect bounds)
    {
        var shared = computed.Find(placement)!;
        foreach (var band in shared.Bands())
        {
            using var logits = computed.Load(shared, band);
            var of = new PixelRect(band.Y - placement.Window.Y, band.X - placement.Window.X, band.Height, band.Width);
            _canvas!.Add(logits, 0, placement.Window, band, bounds.X, of);
        }
    }

    private static GridRect Part(GridRect window, PixelRect part) => new((int)(window.X + part.Column), (int)(window.Y + part.Row), (int)part.Columns, (int)part.Rows);

    private async Task FinishAsync(UnitState unit, int to)
    {
        while (_finishedTo < to)
            await SendAsync(Finish(unit, to)).ConfigureAwait(false);
    }

    private MapRows Finish(UnitState unit, int to)
    {
        var count = _canvas!.ContiguousRows(_finishedTo, Math.Min(RowsAtOnce, to - _finishedTo));
        var rows = new MapRows(unit, _finishedTo, count, _probabilityBands);
        try
        {
            _thread.Run(() =>
            {
                using var busy = Counters.Enter(() => $"unit {unit.Unit.Name}, rows {rows.Y} to {rows.Y + rows.Count}");
                _canvas.Take(rows);
            });
            MaskUnknown(rows);
        }
        catch
        {
            rows.Dispose();
            throw;
        }

        _finishedTo += count;
        return rows;
    }

    private static void MaskUnknown(MapRows rows)
    {
        var classes = rows.Classes;
        var confidence = rows.Confidence;
        var known = PixelPool.Shared.Rent(classes.Length);
        try
        {
            rows.Unit.Known.Take(known.AsSpan(0, classes.Length));
            if (!known.AsSpan(0, classes.Length).Contains((byte)0))
                return;
            for (var i = 0; i < classes.Length; i++)
            {
                if (known[i] != 0)
                    continue;
                classes[i] = Nodata;
                confidence[i] = 0;
                for (var band = 0; band < rows.ClassCount; band++)
                    rows.Probabilities[(band * classes.Length) + i] = 0;
            }
        }
        finally
        {
            PixelPool.Shared.Return(known);
        }
    }
}
