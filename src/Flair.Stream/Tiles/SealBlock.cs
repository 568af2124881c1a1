using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using Flair.Indexing;
using Flair.Running;
using Flair.Telemetry;

namespace Flair.Tiles;

/// <summary>A tile that bears its final names, or that failed.</summary>
/// <param name="Tile">The tile.</param>
/// <param name="Outputs">What was written; empty when it failed.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record SealedTile(CompleteTile Tile, IReadOnlyList<OutputFile> Outputs, string? Error);

/// <summary>
/// complete tiles → sealed tiles. Makes the COGs, reads them back, and only then gives them their final names. A tile with pixels that could
/// not be read gets no file at all.
/// Bounded: one tile inside, one that waits; the network goes on meanwhile. It has a thread of its own.
/// </summary>
public sealed class SealBlock : Stage<CompleteTile, SealedTile>
{
    private readonly string _folder;

    /// <summary>Makes the block.</summary>
    /// <param name="folder">The directory of the finished rasters, relative to that of the index.</param>
    /// <param name="counters">Counts tiles.</param>
    /// <param name="next">Takes them.</param>
    /// <param name="cancellation">Stops it between two tiles, and while it makes a COG.</param>
    public SealBlock(string folder, BlockCounters counters, ITargetBlock<SealedTile> next, CancellationToken cancellation)
        : base(counters, next, capacity: 1, cancellation, ownThread: true) => _folder = folder.Replace('\\', '/');

    /// <inheritdoc/>
    protected override async Task HandleAsync(CompleteTile message, CancellationToken cancellation)
    {
        using var tile = message;
        SealedTile done;
        var start = Stopwatch.GetTimestamp();
        Counters.Pulse = () => tile.Writer.BytesSoFar;
        using (tile.Unit.Trace?.Step("seal", tile.Tile))
        using (Counters.Enter(() => $"tile {tile.Tile.Name}"))
        {
            var failure = tile.Unit.Failures.FirstOrDefault(failure => failure.Area.Overlaps(tile.Tile.Rect));
            done = failure is null
                ? new SealedTile(tile, [.. tile.Writer.Finish(cancellation).Select(InFolder)], null)
                : new SealedTile(tile, [], $"{failure.Path} cannot be read: {failure.Message}");
            Counters.Add(1, done.Outputs.Sum(output => output.Bytes));
        }

        Counters.Pulse = null;
        FlairMeter.SealDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
        await SendAsync(done).ConfigureAwait(false);
    }

    private OutputFile InFolder(OutputFile output) => output with { Path = $"{_folder}/{output.Path}" };
}
