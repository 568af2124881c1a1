using System.Diagnostics;
using Flair.Batching;
using Flair.Gdal;
using Flair.Inference;
using Flair.Models;
using Flair.Settings;
using Flair.Source;
using Flair.Torch;

namespace Flair.Measuring;

/// <summary>Measures a device with windows that are made up, so that it needs neither imagery nor GDAL: for a machine that was lent for its GPUs.</summary>
public static class DeviceMeasurement
{
    // A square of so many windows' cores along a side: wide enough that finishing rows is as rare as in a run, small enough to end in time on a CPU.
    private const int SideOnCpu = 2;
    private const int SideOnGpu = 16;

    /// <summary>Measures the network alone, then the network and the stitching, then compares what they map with the CPU.</summary>
    /// <exception cref="FlairException">The device, the precision or the model is not to be had.</exception>
    public static async Task<DeviceFigures> RunAsync(DeviceTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Check(task);
        var device = DeviceChoice.Resolve(task.Device, () => LibTorch.CudaDeviceCount);
        var inference = TaskOf(task, device, task.Precision);
        using var workers = InferenceWorkers.Create(inference);
        var windowBytes = task.Channels * task.Window.Size * task.Window.Size;

        // Clocks rise and libraries choose their kernels meanwhile.
        InferenceTiming.SecondsPerWindow(workers, windowBytes, task.AtLeast / 10);
        var from = Now();
        var network = new RateFigures(1 / InferenceTiming.SecondsPerWindow(workers, windowBytes, task.AtLeast), from, Now());
        var map = await MapRateAsync(workers, inference, task.AtLeast, device == "cpu" ? SideOnCpu : SideOnGpu).ConfigureAwait(false);

        var classes = await MapNoiseAsync(workers, inference).ConfigureAwait(false);
        var reference = TaskOf(task, "cpu", Precision.Fp32);
        using var cpu = InferenceWorkers.Create(reference);
        var expected = await MapNoiseAsync(cpu, reference).ConfigureAwait(false);
        return new DeviceFigures(
            DeviceChoice.InWords(device, inference.Threads, () => LibTorch.CudaDeviceCount),
            workers.Workers.Count,
            inference.Settings.Precision.ToString().ToLowerInvariant(),
            workers.Workers[0].Network.BatchSize,
            network,
            map,
            classes.Zip(expected, (one, other) => one == other ? 1.0 : 0).Average());
    }

    /// <summary>The classes of a small square of windows of noise, always the same.</summary>
    internal static async Task<byte[]> MapNoiseAsync(InferenceWorkers workers, InferenceTask task)
    {
        var classes = new List<byte>();
        var graph = new SyntheticGraph(workers, task.Settings, ActiveOf(task), task.Model.Channels, SideOnCpu, rows => classes.AddRange(rows.Classes));
        var random = new Random(1);
        await graph.SendAsync(window => random.NextBytes(window.Pixels)).ConfigureAwait(false);
        await graph.ArriveAsync().ConfigureAwait(false);
        await graph.EndAsync().ConfigureAwait(false);
        return [.. classes];
    }

    /// <summary>What an inference of made-up windows needs to know.</summary>
    internal static InferenceTask TaskOf(DeviceTask task, string device, Precision precision)
    {
        var model = ModelLoader.Load(task.Model, task.Channels);
        return new()
        {
            Settings = new()
            {
                Output = "",
                Inputs = [],
                Model = task.Model,
                Window = task.Window,
                BatchSize = task.BatchSize,
                // About what imagery has.
                Normalization = new() { Means = [.. Enumerable.Repeat(105.0, task.Channels)], Stds = [.. Enumerable.Repeat(45.0, task.Channels)] },
                Precision = PrecisionChoice.Resolve(precision, device, model, calibration: null),
            },
            Model = model,
            Samples = SampleType.UInt8,
            Maximum = Normalizer.MaximumOf(GdalType.Byte),
            Device = device,
            Threads = Environment.ProcessorCount,
        };
    }

    private static async Task<RateFigures> MapRateAsync(InferenceWorkers workers, InferenceTask task, TimeSpan atLeast, int side)
    {
        var graph = new SyntheticGraph(workers, task.Settings, ActiveOf(task), task.Model.Channels, side);
        await graph.SendAsync().ConfigureAwait(false);
        await graph.ArriveAsync().ConfigureAwait(false);

        var (from, start) = (Now(), Stopwatch.GetTimestamp());
        var (windows, squares) = (0, 0);
        do
        {
            windows += await graph.SendAsync().ConfigureAwait(false);
            squares++;
        }
        while (Stopwatch.GetElapsedTime(start) < atLeast);
        for (var i = 0; i < squares; i++)
            await graph.ArriveAsync().ConfigureAwait(false);
        var rate = new RateFigures(windows / Stopwatch.GetElapsedTime(start).TotalSeconds, from, Now());
        await graph.EndAsync().ConfigureAwait(false);
        return rate;
    }

    private static void Check(DeviceTask task)
    {
        var sizes = ArchitectureRegistry.Parse(task.Model.Architecture).Architecture.Sizes;
        if (!sizes.Contains(task.Window.Size))
            throw new FlairException($"the window's size is {task.Window.Size}, but {task.Model.Architecture} needs {sizes.One}");
        if (task.Window.Stride <= 0)
            throw new FlairException($"the margin is {task.Window.Margin}: nothing is left between two of them in a window of {task.Window.Size}");
        if (!RunSettingsRules.IsDevice(task.Device))
            throw new FlairException($"the device must be auto, cpu, cuda or cuda:N, not '{task.Device}'");
    }

    private static bool[] ActiveOf(InferenceTask task) => [.. task.Model.Nomenclature.Classes.Select(known => known.Active)];

    private static double Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
}
