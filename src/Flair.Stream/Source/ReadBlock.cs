using System.Threading.Tasks.Dataflow;
using Flair.Running;

namespace Flair.Source;

/// <summary>A strip of a unit on its way to the windows.</summary>
/// <param name="Unit">Its unit.</param>
/// <param name="Strip">The pixels; whoever takes the message disposes of them.</param>
/// <param name="Last">True for the southernmost strip of the unit.</param>
public sealed record UnitStrip(UnitState Unit, Strip Strip, bool Last) : IDisposable
{
    /// <summary>Frees the pixels.</summary>
    public void Dispose() => Strip.Dispose();
}

/// <summary>
/// units → strips. Reads a unit from north to south, whole rows of compressed blocks at a time, so that each is decoded once, and those that
/// other units share are kept for them; the reader itself decodes several files at once. The next row of blocks is decoded while strips are put together of this one, and while the window block works;
/// so is the first of the next unit, as soon as this one's last strip is put together.
/// Bounded: one unit waits, two rows of blocks are decoded, one strip is put together and one waits. Ordered: strips leave from north to south, unit after unit.
/// </summary>
public sealed class ReadBlock : Stage<UnitState, UnitStrip>
{
    private readonly Mosaic _mosaic;
    private readonly ReadOptions _options;
    private readonly KeptBlocks? _kept;

    // For all units: the memory that the last strip of one leaves serves the first of the next.
    private readonly ReadResources _resources;

    /// <summary>The unit whose last strip has not left yet.</summary>
    private Open? _last;

    /// <summary>Makes the block.</summary>
    /// <param name="mosaic">Where pixels come from.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="kept">Where decoded blocks are kept for later units, whose <see cref="UnitState.Order"/> it counts by; null: nowhere.</param>
    /// <param name="counters">Counts strips.</param>
    /// <param name="next">Takes them.</param>
    /// <param name="cancellation">Stops it between two blocks of a file.</param>
    public ReadBlock(
        Mosaic mosaic, ReadOptions options, KeptBlocks? kept, BlockCounters counters, ITargetBlock<UnitStrip> next, CancellationToken cancellation)
        : base(counters, next, capacity: 1, cancellation)
    {
        _mosaic = mosaic;
        _options = options;
        _kept = kept;
        _resources = ReadResources.For(options);
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(UnitState message, CancellationToken cancellation)
    {
        var reader = new AreaReader(_mosaic, message.ReadArea, _options, _kept, message.Order, _resources);
        var before = _last;
        _last = new Open(message, reader);
        UnitStrip? strip = null;
        using (before?.Reader)
        {
            if (before is not null)
                strip = await ComposeAsync(before, before.Reader.Strips.Count - 1, cancellation).ConfigureAwait(false);
        }

        // This unit's first blocks are decoded while the last strip of the one before waits to leave, but not before the blocks of that are freed.
        reader.Begin();
        if (strip is not null)
            await SendAsync(strip).ConfigureAwait(false);
        for (var i = 0; i < reader.Strips.Count - 1; i++)
            await SendAsync(await ComposeAsync(_last, i, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancellation)
    {
        if (_last is { } last)
            await SendAsync(await ComposeAsync(last, last.Reader.Strips.Count - 1, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        Counters.Pulse = null;
        _last?.Reader.Dispose();
        _last = null;
        _resources.Dispose();
    }

    private async Task<UnitStrip> ComposeAsync(Open unit, int index, CancellationToken cancellation)
    {
        var rows = unit.Reader.Strips[index];
        Counters.Pulse = () => unit.Reader.BytesDecoded;
        unit.State.Reading(rows);
        using (unit.State.Trace?.Read(rows))
        using (Counters.Enter(() => $"unit {unit.State.Unit.Name}, rows {rows.Y} to {rows.Bottom}{unit.Reader.FilesInHand}"))
        {
            var strip = await unit.Reader.ReadAsync(index, cancellation).ConfigureAwait(false);
            var read = unit.Reader.BytesDecoded;
            Counters.Add(1, read - unit.Counted);
            unit.Counted = read;
            return new UnitStrip(unit.State, strip, index == unit.Reader.Strips.Count - 1);
        }
    }

    private sealed record Open(UnitState State, AreaReader Reader)
    {
        /// <summary>Bytes counted so far.</summary>
        public long Counted { get; set; }
    }
}
