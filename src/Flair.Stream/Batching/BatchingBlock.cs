using System.Threading.Tasks.Dataflow;
using Flair.Running;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Batching;

/// <summary>
/// windows → batches. Normalizes windows into one tensor a batch. The tensor always has the full batch size, the end of a unit being
/// padded with zeros, and a batch never spans two units: so a network's kernels, which may be chosen by batch size, are the same for a window
/// in every run.
/// Bounded: the windows of one batch and one tensor, and one window that waits.
/// </summary>
public sealed class BatchingBlock : Stage<CutWindow, WindowBatch>
{
    private readonly Normalizer _normalizer;
    private readonly int _batchSize;
    private readonly int _windowSize;
    private readonly List<CutWindow> _windows = [];
    private int _number;

    /// <summary>Makes the block.</summary>
    public BatchingBlock(
        Normalizer normalizer, int batchSize, int windowSize, BlockCounters counters, ITargetBlock<WindowBatch> next, CancellationToken cancellation)
        : base(counters, next, capacity: batchSize, cancellation)
    {
        _normalizer = normalizer;
        _batchSize = batchSize;
        _windowSize = windowSize;
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(CutWindow message, CancellationToken cancellation)
    {
        if (!message.EndOfUnit)
            _windows.Add(message);
        if (_windows.Count == _batchSize || (message.EndOfUnit && _windows.Count > 0))
            await SendAsync(Collate()).ConfigureAwait(false);
        if (message.EndOfUnit)
        {
            await SendAsync(new WindowBatch(message.Unit, _number, [], null)).ConfigureAwait(false);
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

    private WindowBatch Collate()
    {
        using var busy = Counters.Enter();
        var values = _normalizer.Channels * _windowSize * _windowSize;
        var input = Creation.Zeros([_batchSize, _normalizer.Channels, _windowSize, _windowSize], TorchScalarType.Float32);
        try
        {
            Parallel.For(0, _windows.Count, i =>
            {
                unsafe
                {
                    _normalizer.Normalize(_windows[i].Pixels, new Span<float>((float*)input.DataPointer + ((long)i * values), values));
                }
            });

            foreach (var window in _windows)
                window.Record!.Batch = _number;
            Counters.Add(1, (long)_windows.Count * values * sizeof(float));
            return new WindowBatch(_windows[0].Unit, _number++, [.. _windows.Select(window => (window.Placement!, window.Record!))], input);
        }
        catch
        {
            input.Dispose();
            throw;
        }
        finally
        {
            Release();
        }
    }
}
