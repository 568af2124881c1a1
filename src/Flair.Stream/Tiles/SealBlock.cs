using System.Collections.Concurrent;
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
/// Bounded: a tile a worker inside or waiting for one before it, and one that waits; the network goes on meanwhile. Ordered: tiles leave in the order in
/// which they came, whichever was made first. Workers have threads of their own.
/// </summary>
public sealed class SealBlock
{
    // One thread makes COGs of about as many pixels in a second as four cores decode of JPEG2000.
    private const int CoresAWorker = 4;
    private const int MostWorkers = 8;

    private readonly string _folder;
    private readonly BlockCounters _counters;
    private readonly CancellationToken _cancellation;
    private readonly ConcurrentDictionary<CompleteTile, bool> _inside = new(ReferenceEqualityComparer.Instance);
    private readonly TransformBlock<CompleteTile, SealedTile> _block;

    /// <summary>Makes the block.</summary>
    /// <param name="folder">The directory of the finished rasters, relative to that of the index.</param>
    /// <param name="workers">Tiles at once, 1 or more.</param>
    /// <param name="counters">Counts tiles.</param>
    /// <param name="next">Takes them; it is completed or faulted with this block.</param>
    /// <param name="cancellation">Stops it between two tiles, and while it makes a COG.</param>
    public SealBlock(string folder, int workers, BlockCounters counters, ITargetBlock<SealedTile> next, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(next);
        _folder = folder.Replace('\\', '/');
        _counters = counters;
        _cancellation = cancellation;
        var threads = new ThreadScheduler(counters.Name, workers);
        // The block itself stays on the pool: on these threads a tile that is sealed would have to wait for the next one before it leaves.
        _block = new TransformBlock<CompleteTile, SealedTile>(
            async tile => await Task.Factory.StartNew(() => Seal(tile), CancellationToken.None, TaskCreationOptions.None, threads).ConfigureAwait(false),
            new ExecutionDataflowBlockOptions
            {
                BoundedCapacity = workers + 1,
                MaxDegreeOfParallelism = workers,
                EnsureOrdered = true,
                CancellationToken = cancellation,
            });
        _block.LinkTo(next, new DataflowLinkOptions { PropagateCompletion = true });
        // What is discarded has no temporary files any more.
        BlockDrain.AfterFailureOf(next.Completion, _block, _ => { });
        _block.Completion.ContinueWith(_ => threads.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        counters.Queue = () => _block.InputCount;
        counters.Pulse = () => _inside.Keys.Sum(tile => tile.Writer.BytesSoFar);
    }

    /// <summary>Where tiles go in.</summary>
    public ITargetBlock<CompleteTile> Input => _block;

    /// <summary>Ends when the last tile has left, or with the block's fault.</summary>
    public Task Completion => _block.Completion;

    /// <summary>Tiles that a machine seals at once.</summary>
    /// <param name="cores">Its cores, 1 or more.</param>
    public static int WorkersOf(int cores) => Math.Clamp(cores / CoresAWorker, 1, MostWorkers);

    private SealedTile Seal(CompleteTile tile)
    {
        using var ended = tile;
        var start = Stopwatch.GetTimestamp();
        _inside[tile] = true;
        try
        {
            using var step = tile.Unit.Trace?.Step("seal", tile.Tile);
            using var busy = _counters.Enter(() => $"tile {tile.Tile.Name}");
            var failure = tile.Unit.Failures.FirstOrDefault(failure => failure.Area.Overlaps(tile.Tile.Rect));
            var done = failure is null
                ? new SealedTile(tile, [.. tile.Writer.Finish(_cancellation).Select(InFolder)], null)
                : new SealedTile(tile, [], $"{failure.Path} cannot be read: {failure.Message}");
            _counters.Add(1, done.Outputs.Sum(output => output.Bytes));
            return done;
        }
        finally
        {
            _inside.TryRemove(tile, out _);
            FlairMeter.SealDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    private OutputFile InFolder(OutputFile output) => output with { Path = $"{_folder}/{output.Path}" };
}
