using Flair.Batching;
using Flair.Calibrating;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Models;
using Flair.Models.Graphs;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;
using Flair.Stitching;
using Flair.Torch;

namespace Flair.Inference;

/// <summary>What an inference computes, and of what.</summary>
public sealed record InferenceTask
{
    /// <summary>Window, batch, normalization, stitching; its precision is resolved, see <see cref="PrecisionChoice"/>.</summary>
    public required RunSettings Settings { get; init; }

    /// <summary>The weights and classes.</summary>
    public required LoadedModel Model { get; init; }

    /// <summary>What int8 needs to know of the model; null for other precisions.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>Type of the raw values.</summary>
    public required SampleType Samples { get; init; }

    /// <summary>Largest value of the imagery's data type (<see cref="Normalizer.MaximumOf"/>).</summary>
    public required double Maximum { get; init; }

    /// <summary><c>cpu</c>, <c>cuda</c>, which is every CUDA device, or one of them, e.g. <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Cores that networks on the CPU may keep busy, 1 or more.</summary>
    public required int Threads { get; init; }
}

/// <summary>
/// The networks of a run, each with the thread that runs it, and the thread that stitches. On the CPU a network that can be fused gets a worker a
/// core, each with one window, or a few small ones, and one thread: threads that share a window wait for each other at every layer, and for good when the machine is
/// busy with something else. Other networks are libtorch's: on the CPU one, a worker that stitches as well; on CUDA one a device, and the first device
/// stitches what all of them computed, on a stream of its own.
/// </summary>
public sealed class InferenceWorkers : IDisposable
{
    // One thread stitches a window in a twentieth to a sixtieth of the time that a worker computes it in.
    private const int WorkersAStitchingThread = 8;

    private readonly List<DeviceThread> _threads = [];
    private readonly List<InferenceWorker> _workers = [];
    private Task<FusedProgram>? _compiling;
    private DeviceStream? _stitchingStream;

    private InferenceWorkers()
    {
    }

    /// <summary>The workers, at least one.</summary>
    public IReadOnlyList<InferenceWorker> Workers => _workers;

    /// <summary>Ends when all of them can compute and no weights are needed any more, or with why they cannot.</summary>
    public Task Ready => _compiling ?? Task.CompletedTask;

    /// <summary>The thread that stitches.</summary>
    public DeviceThread Stitching => _threads[0];

    /// <summary>The device that stitches: <c>cpu</c>, or the first of those that compute.</summary>
    public string StitchingDevice { get; private set; } = "cpu";

    /// <summary>Threads that share the stitching on the CPU.</summary>
    public int StitchingThreads { get; private set; } = 1;

    /// <summary>A canvas where these workers' windows are stitched.</summary>
    /// <param name="active">One a class: false for a class that is never the answer.</param>
    /// <param name="width">Columns.</param>
    /// <param name="windowSize">Width and height of a window, which the canvas's height follows from.</param>
    /// <param name="weights">Weight of each pixel of a window, [row][column].</param>
    internal ICanvas CreateCanvas(bool[] active, int width, int windowSize, float[] weights)
    {
        var kept = _workers[0].Network.Kept;
        return StitchingDevice == "cpu"
            ? new Canvas(active, width, windowSize, weights, kept, StitchingThreads)
            : new DeviceCanvas(active, width, windowSize, weights, kept, StitchingDevice);
    }

    /// <summary>Puts the weights on the device, or devices; a fused network may still be under way (<see cref="Ready"/>).</summary>
    /// <exception cref="FlairException">The device or the precision is not there.</exception>
    public static InferenceWorkers Create(InferenceTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Make(result =>
        {
            if (PrecisionChoice.IsFused(task.Model, task.Device))
                result.AddFused(task);
            else if (task.Device == "cpu")
                result.AddTorch(task);
            else
                result.AddDevices(task, DeviceChoice.Of(task.Device, () => LibTorch.CudaDeviceCount));
        });
    }

    /// <summary>Workers as on several GPUs, on the devices given: they work on <c>cpu</c> too, only nothing is gained.</summary>
    internal static InferenceWorkers OnDevices(InferenceTask task, IReadOnlyList<string> devices) =>
        Make(result => result.AddDevices(task, devices));

    /// <summary>Workers that only compute, on the CPU and in single precision: nobody stitches what they do.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="windowSize">Rows and columns of a window, whose values are normalized already; logits are computed for all of it.</param>
    /// <param name="count">How many, 1 or more: each keeps one core busy.</param>
    internal static InferenceWorkers OfNormalizedWindows(NetworkGraph graph, StateDict weights, int windowSize, int count)
    {
        return Make(result =>
        {
            var kept = MapRegion.Whole(windowSize);
            result.AddFused(
                () => FusedCompiler.Compile(graph, node => FoldedWeights.Read(weights, node), windowSize, kept, ProgramTypes.Single), 1, kept, WindowInput.Normalized, windowSize, count);
        });
    }

    /// <summary>The worker on the CPU that there is where oneDNN is not, or a network has no graph.</summary>
    internal static InferenceWorkers OnLibTorch(InferenceTask task) =>
        Make(result => result.AddTorch(task));

    /// <summary>Workers on the CPU with networks of another kind.</summary>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="create">Makes a network; called on its thread.</param>
    internal static InferenceWorkers Of(int count, Func<IWindowNetwork> create)
    {
        return Make(result =>
        {
            result.Start();
            for (var i = 0; i < count; i++)
            {
                var thread = result.Start();
                result._workers.Add(new(thread.Run(create), thread));
            }
        });
    }

    /// <summary>Frees the weights and ends the threads.</summary>
    public void Dispose()
    {
        foreach (var worker in _workers)
            worker.Thread.Run(worker.Network.Dispose);
        DisposeOfProgram();
        foreach (var thread in _threads)
            thread.Dispose();
        _stitchingStream?.Dispose();
        HostMemory.ReleaseUnused();
    }

    private void DisposeOfProgram()
    {
        if (_compiling is null)
            return;
        // Why it failed, those that compute were told.
        ((Task)_compiling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        if (_compiling.IsCompletedSuccessfully)
            _compiling.Result.Dispose();
    }

    /// <summary>Fills new workers; what is there is freed when it fails.</summary>
    private static InferenceWorkers Make(Action<InferenceWorkers> fill)
    {
        var result = new InferenceWorkers();
        try
        {
            fill(result);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    private void AddFused(InferenceTask task)
    {
        // The stitching thread's kernels run beside the workers and must keep up with all of them.
        StitchingThreads = Math.Max(1, task.Threads / WorkersAStitchingThread);
        Start();
        var settings = task.Settings;
        var normalizer = new Normalizer(settings.Normalization, task.Model.Channels, task.Samples, task.Maximum);
        // Beside bytes there is bfloat16 where the processor has it; asked for by itself it has it.
        var wide = settings.Precision == Precision.Fp32 || !OneDnnLibrary.HasBFloat16 ? MapType.Float32 : MapType.BFloat16;
        var input = new WindowInput(settings.Normalization, normalizer, task.Samples, task.Maximum, wide);
        var graph = FusedNetworks.Trace(task.Model);
        var types = new ProgramTypes(wide, settings.Precision == Precision.Int8 ? task.Calibration!.QuantizationOf(graph) : null);
        var (size, kept, model) = (settings.Window.Size, Kept(settings), task.Model);
        var windows = FusedWindowNetwork.WindowsAtOnce(size);
        AddFused(() => FusedNetworks.Compile(model, graph, size, kept, types, input, windows: windows), windows, kept, input, size, task.Threads);
    }

    /// <summary>Workers that compute when the program is there: compiling it takes most of a second, in which others can open and decode rasters.</summary>
    private void AddFused(Func<FusedProgram> compile, int windows, MapRegion kept, WindowInput input, int windowSize, int count)
    {
        _compiling = Task.Factory.StartNew(compile, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var room = LogitsRoom.For(count);
        for (var i = 0; i < count; i++)
        {
            var thread = Start();
            thread.Run(() => OneDnnLibrary.UseThreads(1));
            _workers.Add(new(new FusedWindowNetwork(_compiling, windows, kept, input, windowSize, room), thread));
        }
    }

    private void AddTorch(InferenceTask task)
    {
        // Network and stitching take turns: they share the processor anyway.
        StitchingThreads = task.Threads;
        var thread = Start(task.Threads);
        var settings = task.Settings;
        var normalizer = new Normalizer(settings.Normalization, task.Model.Channels, task.Samples, task.Maximum);
        var network = thread.Run(() => Optimized(task, task.Device));
        _workers.Add(new(new TorchWindowNetwork(network, normalizer, settings.BatchSize, settings.Window.Size), thread));
    }

    private void AddDevices(InferenceTask task, IReadOnlyList<string> devices)
    {
        var stitching = Start(operatorThreads: 1);
        StitchingDevice = devices[0];
        // Stitching waits for finished rows to come back from the device; on the stream of the network it would wait for the network as well.
        _stitchingStream = new DeviceStream(StitchingDevice);
        stitching.Run(() => { _stitchingStream.Enter(); });

        var settings = task.Settings;
        foreach (var device in devices)
        {
            var thread = Start(operatorThreads: 1);
            var network = thread.Run(() => new UploadingWindowNetwork(
                Optimized(task, device),
                new TensorNormalization(settings.Normalization, task.Maximum, device),
                [settings.BatchSize, task.Model.Channels, settings.Window.Size, settings.Window.Size],
                task.Samples,
                device));
            _workers.Add(new(network, thread));
        }
    }

    private static INetwork Optimized(InferenceTask task, string device)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(task.Model.Architecture);
        using var bare = architecture.Create(encoder, task.Model.Channels, task.Model.ClassCount, task.Model.Weights);
        return NetworkOptimizer.Optimize(bare, task.Settings.Precision, device);
    }

    private DeviceThread Start(int operatorThreads = 0)
    {
        var thread = new DeviceThread(operatorThreads);
        _threads.Add(thread);
        return thread;
    }

    private static MapRegion Kept(RunSettings settings)
    {
        var size = settings.Window.Size;
        var margin = settings.Stitch == StitchMode.Crop ? settings.Window.Margin : 0;
        return new(margin, margin, size - (2 * margin), size - (2 * margin));
    }
}
