using System.Runtime.Intrinsics.X86;
using System.Threading.Tasks.Dataflow;
using Flair.Running;
using Flair.Source;
using Flair.Stitching;

namespace Flair.Windowing;

/// <summary>
/// strips → windows. Keeps the strips that the next lattice row still needs, cuts each window out of them, and tells the windows that hold
/// data from those that do not: a window without data in its core goes no further.
/// Bounded: it holds the strips that one row of windows spans and one more. Ordered: windows leave in lattice order, from north to south.
/// </summary>
public sealed class WindowBlock : Stage<UnitStrip, CutWindow>
{
    private const int CacheLine = 64;
    private const int RowsAhead = 4;

    private readonly int _channels;
    private readonly int _sampleBytes;
    private readonly RunTally _tally;
    private readonly List<(Strip Strip, bool IsWhole)> _strips = [];
    private int _nextRow;

    /// <summary>Makes the block.</summary>
    public WindowBlock(int channels, SampleType samples, RunTally tally, BlockCounters counters, ITargetBlock<CutWindow> next, CancellationToken cancellation)
        : base(counters, next, capacity: 1, cancellation)
    {
        _channels = channels;
        _sampleBytes = samples == SampleType.UInt8 ? 1 : sizeof(float);
        _tally = tally;
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(UnitStrip message, CancellationToken cancellation)
    {
        var unit = message.Unit;
        Accept(unit, message.Strip);
        var readTo = message.Strip.Rect.Bottom;
        while (_nextRow < unit.Rows.Count && unit.Rows[_nextRow][0].Window.Bottom <= readTo)
        {
            foreach (var placement in unit.Rows[_nextRow])
            {
                cancellation.ThrowIfCancellationRequested();
                if (Cut(unit, placement) is { } window)
                    await SendAsync(window).ConfigureAwait(false);
            }

            _nextRow++;
            DropStripsAbove(_nextRow < unit.Rows.Count ? unit.Rows[_nextRow][0].Window.Y : int.MaxValue);
        }

        if (message.Last)
        {
            DropStripsAbove(int.MaxValue);
            _nextRow = 0;
            await SendAsync(CutWindow.End(unit)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void Release() => DropStripsAbove(int.MaxValue);

    private void Accept(UnitState unit, Strip strip)
    {
        foreach (var failure in strip.Failures)
            unit.Failures.Enqueue(failure);
        var rows = strip.Rect.Intersect(unit.Unit.Bounds);
        unsafe
        {
            var known = new ReadOnlySpan<byte>(strip.Known, checked(strip.Rect.Width * strip.Rect.Height));
            _strips.Add((strip, !known.Contains((byte)0)));
            if (!rows.IsEmpty)
                unit.Known.Put(known[(((rows.Y - strip.Rect.Y) * strip.Rect.Width) + rows.X - strip.Rect.X)..], strip.Rect.Width, rows.Height);
        }
    }

    /// <summary>Cuts a window, or records that it has no data and returns null.</summary>
    private CutWindow? Cut(UnitState unit, Placement placement)
    {
        using var busy = Counters.Enter(() => $"unit {unit.Unit.Name}, window {placement.Id}");
        if (unit.FromBefore?.Find(placement) is { } done)
            return Take(unit, placement, done);
        var known = CountKnown(placement.Window);
        var record = new WindowRecord { NodataShare = 1 - ((double)known / placement.Window.Area) };
        unit.Windows[placement] = record;
        var computed = known > 0 && CountKnown(placement.Core) > 0;
        if (unit.ForNext?.Find(placement) is { } shared)
            (shared.Record, shared.IsComputed, shared.Failures) = (record, computed, [.. unit.Failures.Where(failure => failure.Area.Overlaps(placement.Window))]);
        if (!computed)
        {
            _tally.WindowWithoutData();
            return null;
        }

        var window = CutWindow.Create(unit, placement, record, checked((int)(placement.Window.Area * _channels * _sampleBytes)));
        foreach (var (strip, _) in _strips)
            Copy(strip, placement.Window, window.Pixels);
        Counters.Add(1, window.Bytes);
        return window;
    }

    /// <summary>A window that the unit before has computed. It was seen with the data that this unit would have now, and so is what could not be read of it.</summary>
    private static CutWindow? Take(UnitState unit, Placement placement, SharedWindow done)
    {
        unit.Windows[placement] = done.Record!;
        foreach (var failure in done.Failures)
            unit.Failures.Enqueue(failure);
        return done.IsComputed ? CutWindow.Computed(unit, placement, done.Record!) : null;
    }

    private unsafe long CountKnown(GridRect rect)
    {
        long count = 0;
        foreach (var (strip, isWhole) in _strips)
        {
            var part = strip.Rect.Intersect(rect);
            if (isWhole)
            {
                count += part.Area;
                continue;
            }

            for (var row = part.Y; row < part.Bottom; row++)
            {
                var offset = ((long)(row - strip.Rect.Y) * strip.Rect.Width) + part.X - strip.Rect.X;
                count += new ReadOnlySpan<byte>(strip.Known + offset, part.Width).Count((byte)1);
            }
        }

        return count;
    }

    private unsafe void Copy(Strip strip, GridRect window, Span<byte> pixels)
    {
        var part = strip.Rect.Intersect(window);
        if (part.IsEmpty)
            return;
        var length = part.Width * _sampleBytes;
        var stride = (long)strip.Rect.Width * _sampleBytes;
        for (var channel = 0; channel < _channels; channel++)
        {
            var source = (byte*)strip.Planes + ((((long)channel * strip.Rect.Height) + part.Y - strip.Rect.Y) * stride) + ((part.X - strip.Rect.X) * _sampleBytes);
            for (var row = part.Y; row < part.Bottom; row++, source += stride)
            {
                // Rows are too short, and too far from each other, for the processor to see what comes next. Beyond the memory's end this does nothing.
                for (var at = 0; Sse.IsSupported && at < length; at += CacheLine)
                    Sse.Prefetch0(source + (RowsAhead * stride) + at);
                var target = (((channel * window.Height) + row - window.Y) * window.Width) + part.X - window.X;
                new ReadOnlySpan<byte>(source, length).CopyTo(pixels[(target * _sampleBytes)..]);
            }
        }
    }

    private void DropStripsAbove(int row)
    {
        foreach (var (strip, _) in _strips.Where(held => held.Strip.Rect.Bottom <= row))
            strip.Dispose();
        _strips.RemoveAll(held => held.Strip.Rect.Bottom <= row);
    }
}
