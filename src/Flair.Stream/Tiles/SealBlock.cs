using System.Threading.Tasks.Dataflow;
using Flair.Indexing;
using Flair.Running;

namespace Flair.Tiles;

/// <summary>A tile that bears its final names, or that failed.</summary>
/// <param name="Tile">The tile.</param>
/// <param name="Outputs">What was written; empty when it failed.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record SealedTile(CompleteTile Tile, IReadOnlyList<OutputFile> Outputs, string? Error);

/// <summary>
/// complete tiles → sealed tiles. Makes the COGs, reads them back, and only then gives them their final names. A tile with pixels that could
/// not be read gets no file at all.
/// Bounded: one tile inside, one that waits; the network goes on meanwhile.
/// </summary>
public sealed class SealBlock : Stage<CompleteTile, SealedTile>
{
    /// <summary>Makes the block.</summary>
    public SealBlock(BlockCounters counters, ITargetBlock<SealedTile> next, CancellationToken cancellation)
        : base(counters, next, capacity: 1, cancellation)
    {
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(CompleteTile message, CancellationToken cancellation)
    {
        using var tile = message;
        SealedTile done;
        using (Counters.Enter())
        {
            var failure = tile.Unit.Failures.FirstOrDefault(failure => failure.Area.Overlaps(tile.Tile.Rect));
            done = failure is null
                ? new SealedTile(tile, tile.Writer.Finish(cancellation), null)
                : new SealedTile(tile, [], $"{failure.Path} cannot be read: {failure.Message}");
            Counters.Add(1, done.Outputs.Sum(output => output.Bytes));
        }

        await SendAsync(done).ConfigureAwait(false);
    }
}
