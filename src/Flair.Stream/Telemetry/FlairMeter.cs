using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Flair.Running;

namespace Flair.Telemetry;

/// <summary>
/// What runs count, as instruments of System.Diagnostics.Metrics: nothing is kept and hardly anything paid unless somebody listens. Names and
/// units follow OpenTelemetry's conventions (UCUM; a noun in braces counts things).
/// </summary>
public static class FlairMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Flair.Stream";

    /// <summary>The tag with a block's name.</summary>
    internal const string BlockName = "flair.block.name";

    /// <summary>The tag with what became of a tile or a window.</summary>
    internal const string Outcome = "flair.outcome";

    private static readonly Lock s_gate = new();
    private static readonly Dictionary<string, BlockSnapshot> s_ended = new(StringComparer.Ordinal);
    private static ImmutableList<BlockCounters> s_running = [];

    private static readonly Meter s_meter = new(Name, typeof(FlairMeter).Assembly.GetName().Version!.ToString(3));

    internal static readonly Counter<long> Windows = s_meter.CreateCounter<long>("flair.windows", "{window}", "Windows looked at: computed, or nodata.");
    internal static readonly Counter<long> Pixels = s_meter.CreateCounter<long>("flair.pixels", "{pixel}", "Pixels of finished tiles.");
    internal static readonly Counter<long> Tiles = s_meter.CreateCounter<long>("flair.tiles", "{tile}", "Tiles done, skipped (done by an earlier run) or failed.");
    internal static readonly Counter<long> Retries = s_meter.CreateCounter<long>("flair.read.retries", "{retry}", "Blocks of input files that were read again after an error.");
    internal static readonly Counter<long> Stalls = s_meter.CreateCounter<long>("flair.stalls", "{stall}", "Times the watchdog found a block without progress.");
    internal static readonly Histogram<double> BatchDuration = s_meter.CreateHistogram<double>("flair.inference.duration", "s", "Time of a batch in the network.");
    internal static readonly Histogram<double> SealDuration = s_meter.CreateHistogram<double>("flair.seal.duration", "s", "Time to make, verify and rename a tile's rasters.");
    internal static readonly Histogram<double> TileDuration = s_meter.CreateHistogram<double>("flair.tile.duration", "s", "Time from the first read for a tile to its record.");

    // The meter keeps these.
    static FlairMeter()
    {
        s_meter.CreateObservableCounter("flair.block.items", () => Blocks(block => block.Items), "{item}", "Items that a block has finished: strips, windows, batches, rows or tiles.");
        s_meter.CreateObservableCounter("flair.block.busy", () => Blocks(block => block.Busy.TotalSeconds), "s", "Time a block's workers were at work, summed over workers.");
        s_meter.CreateObservableCounter("flair.block.waiting", () => Blocks(block => block.Waiting.TotalSeconds), "s", "Time a block had work done and waited for room in the next.");
        s_meter.CreateObservableUpDownCounter("flair.block.queue", () => Blocks(block => block.Queued), "{message}", "Messages that wait for a block.");
        s_meter.CreateObservableCounter("flair.io", Bytes, "By", "Bytes of pixels decoded (read), and of files written (write).");
    }

    /// <summary>Counts a run's blocks from now on.</summary>
    /// <returns>Dispose of it when the run has ended: what it has counted stays.</returns>
    internal static IDisposable Observe(IReadOnlyList<BlockCounters> blocks)
    {
        lock (s_gate)
            s_running = s_running.AddRange(blocks);
        return new Observation(blocks);
    }

    /// <summary>Counts something with what became of it.</summary>
    internal static void Count(Counter<long> counter, long count, string outcome) => counter.Add(count, new KeyValuePair<string, object?>(Outcome, outcome));

    private static IEnumerable<Measurement<T>> Blocks<T>(Func<BlockSnapshot, T> value)
        where T : struct => Totals().Select(block => new Measurement<T>(value(block), new KeyValuePair<string, object?>(BlockName, block.Name)));

    private static IEnumerable<Measurement<long>> Bytes()
    {
        foreach (var block in Totals().Where(block => block.Name is "read" or "seal"))
            yield return new(block.Bytes, new KeyValuePair<string, object?>("flair.io.direction", block.Name == "read" ? "read" : "write"));
    }

    private static List<BlockSnapshot> Totals()
    {
        lock (s_gate)
        {
            return [.. s_running.Select(block => block.Snapshot()).Concat(s_ended.Values)
                .GroupBy(block => block.Name, StringComparer.Ordinal)
                .Select(same => same.Aggregate(Sum))];
        }
    }

    private static BlockSnapshot Sum(BlockSnapshot a, BlockSnapshot b) => a with
    {
        Items = a.Items + b.Items,
        Bytes = a.Bytes + b.Bytes,
        Busy = a.Busy + b.Busy,
        Waiting = a.Waiting + b.Waiting,
        Queued = a.Queued + b.Queued,
    };

    private sealed class Observation(IReadOnlyList<BlockCounters> blocks) : IDisposable
    {
        public void Dispose()
        {
            lock (s_gate)
            {
                s_running = s_running.RemoveRange(blocks);
                foreach (var block in blocks.Select(block => block.Snapshot() with { Queued = 0 }))
                    s_ended[block.Name] = s_ended.TryGetValue(block.Name, out var former) ? Sum(former, block) : block;
            }
        }
    }
}
