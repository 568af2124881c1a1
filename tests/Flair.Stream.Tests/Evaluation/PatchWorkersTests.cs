using System.Runtime.InteropServices;
using Flair.Checkpoints;
using Flair.Evaluation;
using Flair.Fusion;
using Flair.Inference;
using Flair.Kernels;
using Flair.Models;
using Flair.Patches;
using Flair.Settings;
using Flair.Tests.Fusion;
using Flair.Tests.Models;
using Flair.Torch;

namespace Flair.Tests.Evaluation;

/// <summary>Predictions of fused programs, against libtorch's of the same network and patches.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class PatchWorkersTests : IDisposable
{
    private const int Size = 64;

    private static readonly NormalizationSettings s_custom = new() { Means = [105.08, 110.87, 101.82], Stds = [52.17, 45.38, 44] };

    private readonly PatchFolder _patches = new();
    private readonly DeviceThread _thread = new();

    public void Dispose() => _thread.Dispose();

    [OneDnnTheory]
    [InlineData("resnet18_unet", NormalizationType.Custom, 64)]
    [InlineData("resnet18_unet", NormalizationType.Scaling, 32)]
    [InlineData("resnet18_unetplusplus", NormalizationType.Custom, 32)]
    [InlineData("resnet18_fpn", NormalizationType.Custom, 32)]
    [InlineData("resnet18_deeplabv3", NormalizationType.Custom, 32)]
    [InlineData("resnet18_deeplabv3plus", NormalizationType.Custom, 32)]
    [InlineData("resnet18_linknet", NormalizationType.Custom, 32)]
    [InlineData("resnet18_pspnet", NormalizationType.Custom, 32)]
    [InlineData("resnet18_manet", NormalizationType.Custom, 64)]
    [InlineData("resnet18_pan", NormalizationType.Custom, 128)]
    [InlineData("mit_b0_unet", NormalizationType.Custom, 64)]
    [InlineData("mit_b0_fpn", NormalizationType.Custom, 32)]
    public async Task Patches_get_the_classes_that_libtorch_finds(string name, NormalizationType type, int size)
    {
        for (var i = 0; i < 3; i++)
            _patches.Add(i, size, size);
        var settings = Settings(batchSize: 2, name) with { Normalization = s_custom with { Type = type } };
        using var workers = PatchWorkers.Start(settings, WeightsOf(settings), Summary(size, count: 2))!;
        using var network = NetworkOf(settings);
        Assert.Equal(Math.Min(2, Environment.ProcessorCount), workers.Workers.Count);

        await PredictRun.RunAsync(Parts(settings) with { Workers = workers, Forward = NoForward });
        var fused = Predictions(settings, 3);
        var logits = new List<float[]>();
        await PredictRun.RunAsync(Parts(settings with { BatchSize = 1 }) with { Forward = (input, _) => Seen(input) });

        var libtorch = Predictions(settings, 3);
        Assert.True(libtorch.SelectMany(patch => patch).Distinct().Count() > 1, "one class alone would prove little");
        for (var i = 0; i < 3; i++)
        {
            // Another class only where two are as likely but for rounding.
            var pixels = size * size;
            var largest = logits[i].Max(Math.Abs);
            for (var pixel = 0; pixel < pixels; pixel++)
                Assert.InRange(logits[i][(libtorch[i][pixel] * pixels) + pixel] - logits[i][(fused[i][pixel] * pixels) + pixel], 0, 4e-5 * largest);
        }

        Tensor Seen(Tensor input)
        {
            var result = network.Forward(input);
            logits.Add(result.ToArray<float>());
            return result;
        }
    }

    [OneDnnTheory]
    [InlineData(1, 1)]
    [InlineData(5, 1)]
    [InlineData(2, 3)]
    public async Task Neither_batches_nor_workers_change_a_bit(int batchSize, int count)
    {
        for (var i = 0; i < 8; i++)
            _patches.Add(i);
        var settings = Settings(batchSize);
        using var bare = NetworkOf(settings);
        var graph = FusedNetworks.Trace(settings.Architecture, 3, 3);
        using var one = InferenceWorkers.OfNormalizedWindows(graph, WeightsOf(settings), Size, count: 1);
        using var workers = InferenceWorkers.OfNormalizedWindows(graph, WeightsOf(settings), Size, count);
        var values = FormulaWeights.Input(3 * Size * Size);
        byte[] window = [.. MemoryMarshal.AsBytes<float>(values)];

        var expected = LogitsOf(one.Workers[0], window);
        Logits.AssertNear(_thread.Run(() => Forward(bare, values)), expected, 2e-5);
        Assert.All(workers.Workers, worker => Assert.Equal(expected, LogitsOf(worker, window)));

        await PredictRun.RunAsync(Parts(settings with { BatchSize = 3 }) with { Workers = one, Forward = NoForward });
        var alone = Predictions(settings, 8);
        Directory.Delete(PredictionFiles.Directory(settings), recursive: true);
        await PredictRun.RunAsync(Parts(settings) with { Workers = workers, Forward = NoForward });
        Assert.Equal(alone, Predictions(settings, 8));
    }

    [Fact]
    public async Task Patches_of_other_sizes_are_libtorchs()
    {
        (int Width, int Height)[] sizes = [(64, 64), (64, 32), (96, 96), (64, 64), (64, 32), (64, 64), (32, 64)];
        for (var i = 0; i < sizes.Length; i++)
            _patches.Add(i, sizes[i].Width, sizes[i].Height);
        var settings = Settings(batchSize: 2) with { Normalization = new() { Type = NormalizationType.Without } };
        // The bands themselves, in libtorch's place, as logits; the next band in the workers'.
        using var workers = InferenceWorkers.Of(2, () => new Bands(first: 1));
        var progress = new List<PredictProgress>();

        var result = await PredictRun.RunAsync(Parts(settings) with { Workers = workers, Progress = progress.Add });

        Assert.Equal((sizes.Length, sizes.Sum(size => (long)size.Width * size.Height)), (result.Patches, result.Pixels));
        Assert.Equal(Enumerable.Range(1, sizes.Length).Select(done => new PredictProgress(done, sizes.Length)), progress);
        var predictions = Predictions(settings, sizes.Length);
        for (var i = 0; i < sizes.Length; i++)
        {
            var brightest = PatchFolder.Brightest(i, sizes[i].Width, sizes[i].Height);
            if (sizes[i] == (Size, Size))
                Assert.InRange(brightest.Zip(predictions[i]).Count(pair => pair.Second == (pair.First + 2) % 3), 0.98 * brightest.Length, brightest.Length);
            else
                Assert.Equal(brightest, predictions[i]);
        }
    }

    [OneDnnFact]
    public void Only_what_can_be_fused_has_workers()
    {
        var settings = Settings();
        var square = Summary(Size, count: 1);
        using (var workers = PatchWorkers.Start(settings, WeightsOf(settings), square)!)
            Assert.Equal(new PixelRect(0, 0, Size, Size), Assert.Single(workers.Workers).Network.Kept);

        Assert.Null(PatchWorkers.Start(settings, [], square with { Height = 32 }));
        Assert.Null(PatchWorkers.Start(settings with { UseMetadata = true }, [], square));
        Assert.Null(PatchWorkers.Start(settings with { Device = "cuda" }, [], square));
    }

    [Fact]
    public async Task A_failing_worker_ends_the_run()
    {
        for (var i = 0; i < 30; i++)
            _patches.Add(i);
        using var workers = InferenceWorkers.Of(2, () => new Bands(before: () => throw new FlairException("no more memory")));

        var error = await Assert.ThrowsAsync<FlairException>(() => PredictRun.RunAsync(Parts(Settings()) with { Workers = workers, Forward = NoForward }));

        Assert.Equal("no more memory", error.Message);
    }

    [Fact]
    public async Task Logits_of_other_classes_are_refused()
    {
        _patches.Add(1);
        using var workers = InferenceWorkers.Of(1, () => new Bands());
        var settings = Settings() with { Classes = [new(1, 1, "one"), new(2, 1, "two")] };

        var error = await Assert.ThrowsAsync<FlairException>(() => PredictRun.RunAsync(Parts(settings) with { Workers = workers, Forward = NoForward }));

        Assert.Contains("its weights and the classes do not fit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_stops_the_workers()
    {
        for (var i = 0; i < 30; i++)
            _patches.Add(i);
        using var cancellation = new CancellationTokenSource();
        using var workers = InferenceWorkers.Of(2, () => new Bands());
        var parts = Parts(Settings()) with { Workers = workers, Forward = NoForward, Progress = _ => cancellation.Cancel() };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PredictRun.RunAsync(parts, cancellation.Token));

        Assert.InRange(Directory.GetFiles(PredictionFiles.Directory(parts.Settings), "*.tif").Length, 1, 29);
    }

    [Fact]
    public async Task Reading_waits_for_the_workers()
    {
        const int count = 60;
        for (var i = 0; i < count; i++)
            _patches.Add(i, 32, 32);
        // Those inside and waiting at each step, at most twice as many as threads, one where there is no queue.
        var settings = Settings(batchSize: 50) with { Workers = 1 };
        var bound = 2 + 1 + 2 + 2 + 1;
        int read = 0, begun = 0, most = 0;
        using var workers = InferenceWorkers.Of(1, () => new Bands(size: 32, before: () =>
        {
            Thread.Sleep(10);
            most = Math.Max(most, Volatile.Read(ref read) - begun++);
        }));

        // Asked for as soon as a patch is read.
        await PredictRun.RunAsync(Parts(settings) with { Workers = workers, Forward = NoForward, Metadata = Counted });

        Assert.Equal((count, count), (read, begun));
        Assert.InRange(most, 1, bound);

        float[] Counted(PatchFiles files)
        {
            Interlocked.Increment(ref read);
            return [];
        }
    }

    private static Tensor NoForward(Tensor input, Tensor? metadata) => throw new InvalidOperationException("libtorch was asked");

    private static StateDict WeightsOf(TrainingSettings settings)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        return FormulaWeights.Create(architecture.Describe(encoder, 3, 3).Select(spec => (spec.Name, spec.Shape)));
    }

    private static INetwork NetworkOf(TrainingSettings settings)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        return architecture.Create(encoder, 3, 3, WeightsOf(settings));
    }

    private static PatchSummary Summary(int size, int count) => new("test.csv", count, size, size, []);

    private static byte[][] Predictions(TrainingSettings settings, int count) =>
        [.. Enumerable.Range(0, count).Select(i => PatchReader.ReadMask(Path.Combine(PredictionFiles.Directory(settings), "PRED_" + PatchFolder.Name(i))).Values)];

    /// <summary>[row][column][class].</summary>
    private static float[] LogitsOf(InferenceWorker worker, byte[] window) => worker.Thread.Run(() =>
    {
        using var logits = worker.Network.Forward([window]);
        var values = new float[Size * Size * logits.View.Classes];
        logits.View.CopyByPixel(values);
        return values;
    });

    private static float[] Forward(INetwork network, float[] values)
    {
        using var input = Tensor.From<float>(values, 1, 3, Size, Size);
        using var logits = network.Forward(input);
        using var turned = logits.Permute(0, 2, 3, 1);
        using var dense = turned.Contiguous();
        return dense.ToArray<float>();
    }

    private TrainingSettings Settings(int batchSize = 4, string name = "resnet18_unet") =>
        _patches.Settings(batchSize) with { Architecture = name, Normalization = s_custom };

    private PredictParts Parts(TrainingSettings settings) => new()
    {
        Settings = settings,
        Forward = (input, _) => input.Clone(),
        Sizes = new(32),
        Thread = _thread,
    };

    /// <summary>The bands themselves are the logits, beginning with one of them.</summary>
    private sealed class Bands(int size = Size, int first = 0, Action? before = null) : IWindowNetwork
    {
        public int BatchSize => 1;

        public PixelRect Kept => new(0, 0, size, size);

        public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
        {
            before?.Invoke();
            var values = MemoryMarshal.Cast<byte, float>(Assert.Single(windows).Span);
            var at = first * size * size;
            return new TensorLogits(Tensor.From<float>([.. values[at..], .. values[..at]], 1, 3, size, size));
        }

        public void Dispose()
        {
        }
    }
}
