using System.Diagnostics;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Inference;
using Flair.Publishing;
using Flair.Settings;
using Flair.Source;
using Flair.Stitching;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Running;

/// <summary>Says what a run would do.</summary>
public static class RunPlanner
{
    // Measured (see bench/). Bytes of activations a window pixel where libtorch runs the network, which keeps more maps than it needs, and of a fused one in
    // single precision (U-Net on ResNet-34); the resident set of the runtime, libraries and decoders, and of libtorch where it is needed; copies of the
    // weights while they are laid out, and as many as those laid out for Winograd's filtering in single precision take; bfloat16's fit into the former.
    private const long ActivationBytesPerPixel = 1500;
    private const long FusedBytesPerPixel = 208;
    private const long BaseBytes = 230L << 20;
    private const long LibTorchBytes = 130L << 20;
    private const int WeightCopies = 3;
    private const int FilteredWeightCopies = 5;

    // What a run costs beside reading and the network: the runtime's start, the last tile's COG and the files of the whole map, a tile's index rows and
    // record, and of each pixel stitching, counting, compressing and reading back, in seconds of one core.
    private const double RunSeconds = 0.7;
    private const double TileSeconds = 0.1;
    private const double PixelCoreSeconds = 0.15e-6;

    // A COG of class codes takes about a twentieth of a byte a pixel when the map is calm; noise takes up to five times that.
    private const double OutputBytesPerPixel = 0.06;

    // Rows of the compressed blocks of a usual file; those along the border of two units are kept for the second one.
    private const int BlockRows = 1024;

    // Columns and rows of the part of a tile that is read at most, to see how long that takes.
    private const int MostSideRead = 4096;

    // Laying as many takes a moment.
    private const int MostLaidWindows = 100_000;

    /// <summary>Plans a run; writes nothing.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="measure">True to load the network and the decoder and to time both for a few seconds.</param>
    /// <param name="notice">Takes what is worth a line.</param>
    /// <param name="replace">See <see cref="RunOptions.Replace"/>.</param>
    /// <exception cref="FlairException">The run could not start.</exception>
    public static RunPlan Plan(RunSettings settings, bool measure, Action<string> notice, bool replace = false)
    {
        using var remote = RemotePlaces.Guard(() => RemoteOutput.OpenAsync(settings, null, CancellationToken.None).GetAwaiter().GetResult());
        var begun = Stopwatch.GetTimestamp();
        var plan = RunPreparation.Prepare(settings, typeof(RunPlanner).Assembly.GetName().Version!.ToString(3), notice, new RunOptions { Replace = replace }, remote);
        var outline = Outline(plan);
        if (!measure || plan.Units.Count == 0)
            return outline;
        using var inference = plan.CreateInference();
        inference.Ready.GetAwaiter().GetResult();
        var preparing = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var window = SecondsPerWindow(plan, inference);
        var pixels = plan.Units.Sum(unit => unit.Tiles.Sum(tile => tile.Rect.Area));
        var network = window * outline.Windows;
        var rest = pixels * (SecondsPerPixelRead(plan) + (PixelCoreSeconds / Environment.ProcessorCount));
        // On the CPU everything shares the cores; beside a GPU the slower of the two sets the pace.
        var mapping = plan.Device == "cpu" ? network + rest : Math.Max(network, rest);
        var seconds = RunSeconds + preparing + mapping + (TileSeconds * plan.Units.Sum(unit => unit.Tiles.Count) / Environment.ProcessorCount);
        return outline with { SecondsPerWindow = window, Expected = TimeSpan.FromSeconds(seconds) };
    }

    /// <summary>What a prepared run would do, without measuring.</summary>
    internal static RunPlan Outline(RunPreparation plan)
    {
        var pixels = plan.Mosaic.Tiles.Sum(tile => tile.Rect.Area);
        var todo = plan.Units.Sum(unit => unit.Tiles.Sum(tile => tile.Rect.Area));
        var widest = plan.Units.Select(unit => (long)unit.Bounds.Width).DefaultIfEmpty(0).Max();
        var settings = plan.Settings;
        var classes = plan.Model.Nomenclature.Classes.Count;
        var sampleBytes = plan.Mosaic.Samples == SampleType.UInt8 ? 1 : 4;
        var pixelBytes = CropCanvas.Suits(settings.Stitch, plan.Device) ? 2 + (settings.Outputs.Probabilities ? classes : 0) : (classes + 1) * sizeof(float);
        var canvas = widest * CanvasRows.HeightOf(settings.Window.Size) * pixelBytes;
        var strips = 5 * (widest + (2 * settings.Window.Size)) * BlockRows * ((plan.Mosaic.ChannelCount * sampleBytes) + 1);
        var copies = plan.IsFused && settings.Precision == Precision.Fp32 ? FilteredWeightCopies : WeightCopies;
        var weights = copies * sizeof(float) * plan.Model.Weights.Sum(entry => (long)entry.Value.Data.Length / entry.Value.Type.Size());
        var perPixel = OutputBytesPerPixel + (settings.Outputs.Confidence ? 0.5 : 0) + (settings.Outputs.Probabilities ? 0.2 * classes : 0);
        var temporary = plan.Units.SelectMany(unit => unit.Tiles).Select(tile => tile.Rect.Area).DefaultIfEmpty(0).Max() * 3;
        var across = plan.Units.Count > 1 ? plan.Units.Max(unit => unit.Bounds.Right) - plan.Units.Min(unit => unit.Bounds.X) : 0L;
        var tallest = plan.Units.Count > 1 ? plan.Units.Max(unit => unit.Bounds.Height) : 0L;
        temporary += Math.Min(KeptBlocks.MostBytes, (across + tallest) * (settings.Window.Size + BlockRows) * plan.Mosaic.ChannelCount * sampleBytes);
        if (plan.IsFused && plan.Units.Count > 1)
            temporary += 2 * Math.Min(SharedWindows.MostBytes, SharedBytesPerRow(settings, classes) * tallest);
        return new RunPlan
        {
            Tiles = plan.Mosaic.Tiles.Count + plan.Mosaic.Unreadable.Count,
            TilesFinished = plan.Finished.Count,
            Reasons = plan.Survey.ReasonCounts,
            Inputs = plan.Survey.Inputs,
            RemovedTiles = [.. plan.Survey.Removed.Select(tile => tile.Row.Tile)],
            Units = plan.Units.Count,
            Windows = CountWindows(plan),
            Pixels = pixels,
            Hectares = pixels * plan.HectaresPerPixel,
            BytesToRead = plan.Mosaic.BytesToRead,
            MemoryBytes = (plan.IsFused ? BaseBytes : BaseBytes + LibTorchBytes) + canvas + strips + weights + NetworkBytes(plan),
            DiskBytes = (plan.Layout.Remote is null ? (long)(todo * perPixel) : 0) + temporary,
            DiskFreeBytes = FreeBytes(plan.Layout.Base),
            Device = DeviceChoice.InWords(plan.Device, plan.Threads, () => LibTorch.CudaDeviceCount),
            Model = plan.ModelInWords,
        };
    }

    /// <summary>Logits that wait for the next unit, for each row of pixels: half of the pixels of windows on the border.</summary>
    private static long SharedBytesPerRow(RunSettings settings, int classes)
    {
        var window = settings.Window;
        // As many windows lie across the border, and as many rows of them across a row of pixels.
        var overlap = (double)window.Size / window.Stride;
        var pixels = settings.Stitch == StitchMode.Blend ? overlap * overlap * window.Size / 2 : window.Stride / 2.0;
        return (long)(pixels * classes * sizeof(float));
    }

    /// <summary>Maps of the windows that are computed at once, and windows and logits that wait.</summary>
    private static long NetworkBytes(RunPreparation plan)
    {
        var settings = plan.Settings;
        var window = (long)settings.Window.Size * settings.Window.Size;
        var ends = (plan.Mosaic.ChannelCount + (3 * plan.Model.ClassCount)) * sizeof(float);
        if (!plan.IsFused)
            return settings.BatchSize * window * (ActivationBytesPerPixel + ends);
        return plan.Threads * FusedWindowNetwork.WindowsAtOnce(settings.Window.Size) * window * ((settings.Precision == Precision.Fp32 ? FusedBytesPerPixel : FusedBytesPerPixel / 2) + ends);
    }

    /// <summary>
    /// Windows of all units, those that two of them share once. Beyond so many, those of large tiles are counted without laying them, those beyond the edge of
    /// the data included: a country has hundreds of millions.
    /// </summary>
    private static long CountWindows(RunPreparation plan)
    {
        long laid = 0, counted = 0;
        WorkUnit? before = null;
        UnitState? stateBefore = null;
        foreach (var unit in plan.Units)
        {
            UnitState? state = null;
            if (unit.Bounds.Width > WorkUnit.GroupSize && laid > MostLaidWindows)
            {
                counted += plan.Lattice.Count([.. unit.Tiles.Select(tile => tile.Rect)]) - (plan.IsFused && before is not null ? CountShared(plan.Lattice, before.Bounds, unit.Bounds) : 0);
            }
            else
            {
                state = new UnitState(unit, plan.Lattice, plan.Mosaic.Covers);
                laid += state.Rows.Sum(row => (long)row.Count) - (plan.IsFused && stateBefore is not null ? SharedWindows.Of(stateBefore, state).Count() : 0);
            }

            (before, stateBefore) = (unit, state);
        }

        return laid + counted;
    }

    /// <summary>Windows that decide pixels of two areas side by side.</summary>
    private static long CountShared(ILattice lattice, GridRect left, GridRect right) =>
        right == left with { X = left.Right, Width = right.Width } ? lattice.Count([left]) + lattice.Count([right]) - lattice.Count([left.Union(right)]) : 0;

    private static double SecondsPerWindow(RunPreparation plan, InferenceWorkers inference)
    {
        var size = plan.Settings.Window.Size;
        var bytes = size * size * plan.Mosaic.ChannelCount * (plan.Mosaic.Samples == SampleType.UInt8 ? 1 : sizeof(float));
        return InferenceTiming.SecondsPerWindow(inference, bytes, TimeSpan.FromSeconds(3));
    }

    /// <summary>Reads the first tile for a few seconds, enough of it that the compressed blocks that reach beyond that part weigh little.</summary>
    private static double SecondsPerPixelRead(RunPreparation plan)
    {
        var tile = plan.Units[0].Tiles[0].Rect;
        var sample = tile with { Height = Math.Min(tile.Height, MostSideRead), Width = Math.Min(tile.Width, MostSideRead) };
        using var reader = new AreaReader(plan.Mosaic, sample, ReadOptions.From(plan.Settings.Resources));
        var start = Stopwatch.GetTimestamp();
        long pixels = 0;
        for (var i = 0; i < reader.Strips.Count && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(3); i++)
        {
            reader.ReadAsync(i, CancellationToken.None).GetAwaiter().GetResult().Dispose();
            pixels += reader.Strips[i].Area;
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / pixels;
    }

    private static long FreeBytes(string path)
    {
        var directory = new DirectoryInfo(path);
        while (!directory.Exists && directory.Parent is not null)
            directory = directory.Parent;
        return new DriveInfo(directory.FullName).AvailableFreeSpace;
    }
}
