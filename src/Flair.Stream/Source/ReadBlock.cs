using System.Threading.Tasks.Dataflow;
using Flair.Running;
using Flair.Storage;

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
/// units → strips. Reads a unit from north to south, whole rows of compressed blocks at a time, so that each is decoded once; the reader
/// itself decodes several files at once. The next strip is read while the window block still works on the last one.
/// Bounded: one unit waits, one strip is being read and one waits. Ordered: strips leave from north to south, unit after unit.
/// </summary>
public sealed class ReadBlock : Stage<UnitState, UnitStrip>
{
    private readonly Mosaic _mosaic;
    private readonly ReadOptions _options;

    /// <summary>Makes the block.</summary>
    public ReadBlock(Mosaic mosaic, ReadOptions options, BlockCounters counters, ITargetBlock<UnitStrip> next, CancellationToken cancellation)
        : base(counters, next, capacity: 1, cancellation)
    {
        _mosaic = mosaic;
        _options = options;
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(UnitState message, CancellationToken cancellation)
    {
        using var reader = new AreaReader(_mosaic, message.ReadArea, _options);
        Counters.Pulse = () => reader.BytesDecoded;
        for (var i = 0; i < reader.Strips.Count; i++)
        {
            Strip strip;
            var rows = reader.Strips[i];
            using (message.Trace?.Read(rows))
            using (Counters.Enter(() => $"unit {message.Unit.Name}, rows {rows.Y} to {rows.Bottom}{reader.FilesInHand}"))
            {
                var decoded = reader.BytesDecoded;
                var traffic = RemoteFiles.Traffic;
                strip = await reader.ReadAsync(i, cancellation).ConfigureAwait(false);
                Counters.Add(1, reader.BytesDecoded - decoded);
                message.AddTraffic(RemoteFiles.Traffic.Since(traffic));
            }

            await SendAsync(new UnitStrip(message, strip, i == reader.Strips.Count - 1)).ConfigureAwait(false);
        }

        Counters.Pulse = null;
    }
}
