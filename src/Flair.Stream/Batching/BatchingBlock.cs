using System.Threading.Tasks.Dataflow;
using Flair.Running;
using Flair.Windowing;

namespace Flair.Batching;

/// <summary>
/// windows → batches. A batch never spans two units, so which windows come together depends on the unit alone.
/// Bounded: the windows of one batch, and one window that waits.
/// </summary>
public sealed class BatchingBlock : Stage<CutWindow, WindowBatch>
{
    private readonly int _batchSize;
    private readonly List<CutWindow> _windows = [];
    private readonly List<Placement> _computed = [];
    private int _number;

    /// <summary>Makes the block.</summary>
    /// <param name="batchSize">Windows a batch, 1 or more.</param>
    /// <param name="counters">Counts batches.</param>
    /// <param name="next">Takes the batches.</param>
    /// <param name="cancellation">Stops it between two windows.</param>
    public BatchingBlock(int batchSize, BlockCounters counters, ITargetBlock<WindowBatch> next, CancellationToken cancellation)
        : base(counters, next, capacity: 1, cancellation) => _batchSize = batchSize;

    /// <inheritdoc/>
    protected override async Task HandleAsync(CutWindow message, CancellationToken cancellation)
    {
        if (!message.EndOfUnit && !message.IsComputed)
            _windows.Add(message);
        // One that is there already travels with the next batch, so that it takes no place from one that is to be computed, and comes before it, as it lies.
        if (_windows.Count == _batchSize || (_windows.Count > 0 && (message.EndOfUnit || message.IsComputed)))
            await SendAsync(Collect(message.Unit)).ConfigureAwait(false);
        if (message.IsComputed)
            _computed.Add(message.Placement!);
        if (message.EndOfUnit)
        {
            await SendAsync(new WindowBatch(message.Unit, []) { Computed = TakeComputed() }).ConfigureAwait(false);
            _number = 0;
        }
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        foreach (var window in _windows)
            window.Dispose();
        _windows.Clear();
    }

    private WindowBatch Collect(UnitState unit)
    {
        foreach (var window in _windows)
            window.Record!.Batch = _number;
        var batch = new WindowBatch(unit, [.. _windows]) { Computed = TakeComputed() };
        Counters.Add(1, batch.Windows.Sum(window => (long)window.Bytes));
        _windows.Clear();
        _number++;
        return batch;
    }

    private Placement[] TakeComputed()
    {
        Placement[] computed = [.. _computed];
        _computed.Clear();
        return computed;
    }
}
