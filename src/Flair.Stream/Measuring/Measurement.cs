using System.Threading.Tasks.Dataflow;
using Flair.Indexing;
using Flair.Inference;
using Flair.Running;
using Flair.Settings;
using Flair.Source;

namespace Flair.Measuring;

/// <summary>Measures the parts of a run alone, each beside what limits it. Works in a folder of its own, which is removed again.</summary>
public static class Measurement
{
    /// <summary>Times the network as a run of these settings would use it.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="atLeast">How long to measure.</param>
    /// <param name="notice">Takes what is worth a line.</param>
    /// <exception cref="FlairException">The run could not start.</exception>
    public static NetworkFigures Network(RunSettings settings, TimeSpan atLeast, Action<string> notice)
    {
        using var work = new WorkFolder(settings.Output);
        var plan = Prepare(settings, work, notice);
        using var inference = plan.CreateInference();
        var size = plan.Settings.Window.Size;
        var bytes = size * size * plan.Mosaic.ChannelCount * (plan.Mosaic.Samples == SampleType.UInt8 ? 1 : sizeof(float));
        return new NetworkFigures(
            InferenceTiming.SecondsPerWindow(inference, bytes, atLeast),
            RunPlanner.Outline(plan).Windows,
            plan.Settings.Precision.ToString().ToLowerInvariant(),
            plan.Device,
            plan.ModelInWords);
    }

    /// <summary>
    /// Times the decoding of all inputs: by GDAL alone, by the run's reader, by the whole graph with a network that does nothing, and so with stitching.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="atLeast">How long to measure; see <see cref="DecodeFigures.Rounds"/>.</param>
    /// <param name="notice">Takes what is worth a line.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FlairException">The run could not start, or a file cannot be decoded.</exception>
    public static async Task<DecodeFigures> DecodeAsync(RunSettings settings, TimeSpan atLeast, Action<string> notice, CancellationToken cancellation)
    {
        using var work = new WorkFolder(settings.Output);
        var plan = Prepare(settings, work, notice);
        IReadOnlyList<BlockFigures> blocks = [];
        var (seconds, rounds) = await Rounds.MeasureAsync(
            atLeast,
            TimeProvider.System,
            () => Rounds.TimeAsync(() => Task.Run(() => RawDecoding.Run(plan.Mosaic, cancellation), cancellation)),
            () => Rounds.TimeAsync(() => ReadAsync(plan, work, cancellation)),
            async () => Seconds(await RunGraphAsync(settings, work, stitch: false, cancellation).ConfigureAwait(false), out blocks),
            async () => Seconds(await RunGraphAsync(settings, work, stitch: true, cancellation).ConfigureAwait(false), out _)).ConfigureAwait(false);
        return new DecodeFigures(plan.Mosaic.Tiles.Sum(tile => tile.Rect.Area), seconds[0], seconds[1], seconds[2], seconds[3], rounds, blocks);

        static double Seconds(RunSummary summary, out IReadOnlyList<BlockFigures> blocks)
        {
            blocks = [.. summary.Final.Blocks.Select(block => new BlockFigures(block.Name, block.Busy.TotalSeconds))];
            return summary.Mapping.TotalSeconds;
        }
    }

    /// <summary>Times the writing of a tile as large as the largest of the inputs, but at most 5000 pixels a side.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="atLeast">How long to measure; see <see cref="WriteFigures.Rounds"/>.</param>
    /// <param name="notice">Takes what is worth a line.</param>
    /// <param name="cancellation">Stops it between two rounds.</param>
    /// <exception cref="FlairException">The run could not start, or the disk is full.</exception>
    public static async Task<WriteFigures> WriteAsync(RunSettings settings, TimeSpan atLeast, Action<string> notice, CancellationToken cancellation)
    {
        using var work = new WorkFolder(settings.Output);
        var plan = Prepare(settings, work, notice);
        var tile = new WrittenTile(plan, work.Next());
        var (seconds, rounds) = await Rounds.MeasureAsync(
            atLeast,
            TimeProvider.System,
            () => Rounds.TimeAsync(() => Task.Run(tile.WriteRaw, cancellation)),
            () => Rounds.TimeAsync(() => Task.Run(tile.Write, cancellation))).ConfigureAwait(false);
        return new WriteFigures(tile.Pixels, seconds[0], seconds[1], rounds);
    }

    private static RunPreparation Prepare(RunSettings settings, WorkFolder work, Action<string> notice)
    {
        var plan = RunPreparation.Prepare(settings with { Output = work.Next() }, new RunOptions().Version, notice);
        return plan.Units.Count > 0 ? plan : throw new FlairException("there is nothing to measure: no tile of the inputs can be read");
    }

    private static async Task ReadAsync(RunPreparation plan, WorkFolder work, CancellationToken cancellation)
    {
        var drain = new ActionBlock<UnitStrip>(
            strip => strip.Dispose(), new ExecutionDataflowBlockOptions { BoundedCapacity = 1, CancellationToken = cancellation });
        using var kept = WorkUnit.Share(plan.Units, plan.Lattice, work.Next());
        var read = new ReadBlock(plan.Mosaic, ReadOptions.From(plan.Settings.Resources), kept, new BlockCounters("read", "strips"), drain, cancellation);
        foreach (var (order, unit) in plan.Units.Index())
            await read.Input.SendAsync(new UnitState(unit, plan.Lattice, plan.Mosaic.Covers) { Order = order }, cancellation).ConfigureAwait(false);
        read.Input.Complete();
        await Task.WhenAll(read.Completion, drain.Completion).ConfigureAwait(false);
    }

    private static async Task<RunSummary> RunGraphAsync(RunSettings settings, WorkFolder work, bool stitch, CancellationToken cancellation)
    {
        var output = work.Next();
        var options = new RunOptions
        {
            Inference = plan => InferenceWorkers.Of(plan.Threads, () => stitch ? new IdleNetwork(plan.Settings, plan.Model.ClassCount) : new IdleNetwork()),
            Canvas = stitch ? null : () => new IdleCanvas(),
        };
        var summary = await DetectRun.RunAsync(settings with { Output = output }, options, new Silence(), cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        if (summary.Failed.Count > 0)
            throw new FlairException($"decoding cannot be measured: {summary.Failed[0].Error}");
        Directory.Delete(output, recursive: true);
        return summary;
    }

    /// <summary>A folder beneath the output directory.</summary>
    private sealed class WorkFolder(string output) : IDisposable
    {
        private readonly string _path = Path.Combine(Flair.Storage.ObjectPath.IsRemoteText(output) ? Path.GetTempPath() : Path.GetFullPath(output), $"flair-bench-{Environment.ProcessId}-{Guid.NewGuid():N}");
        private int _count;

        /// <summary>A folder in it that is not there yet.</summary>
        public string Next() => Path.Combine(_path, $"{_count++}");

        public void Dispose()
        {
            if (Directory.Exists(_path))
                Directory.Delete(_path, recursive: true);
        }
    }

    private sealed class Silence : IRunObserver
    {
        public void Started(RunPlan plan)
        {
        }

        public void Notice(string message)
        {
        }

        public void Progress(RunSnapshot snapshot)
        {
        }

        public void TileFinished(TileRow tile)
        {
        }
    }
}
