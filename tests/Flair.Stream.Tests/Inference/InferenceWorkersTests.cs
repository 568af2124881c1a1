using System.Diagnostics;
using Flair.Batching;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Inference;
using Flair.Kernels;
using Flair.Models;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;
using Flair.Tests.Models;
using Flair.Torch;

namespace Flair.Tests.Inference;

/// <summary>The networks of a run on the CPU, with weights by formula.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class InferenceWorkersTests
{
    private const int Channels = 3;
    private const int Classes = 13;
    private const int Size = 64;
    private const int Margin = 11;

    private static readonly NormalizationSettings s_normalization = new() { Means = [105.08, 110.87, 101.82], Stds = [52.17, 45.38, 44] };
    private static readonly byte[][] s_windows = [.. Enumerable.Range(0, 4).Select(Window)];

    private static readonly Lazy<LoadedModel> s_fused = new(() => Load("resnet18_unet"));

    [OneDnnTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_fused_network_has_a_worker_a_thread_for_a_few_small_windows_each(int threads)
    {
        using var inference = InferenceWorkers.Create(TaskOf(s_fused.Value, Precision.Fp32, threads));

        Assert.Equal(threads, inference.Workers.Count);
        Assert.Equal(threads, inference.Workers.Select(worker => worker.Thread).Distinct().Count());
        Assert.DoesNotContain(inference.Workers, worker => worker.Thread == inference.Stitching);
        Assert.All(inference.Workers, worker => Assert.Equal((4, true, new PixelRect(0, 0, Size, Size)), (worker.Network.BatchSize, worker.Network.TakesFewer, worker.Network.Kept)));
    }

    [Theory]
    [InlineData(1024, 1)]
    [InlineData(512, 1)]
    [InlineData(384, 1)]
    [InlineData(352, 2)]
    [InlineData(256, 4)]
    [InlineData(32, 4)]
    public void As_many_small_windows_are_computed_at_once_as_have_the_pixels_of_a_usual_one(int size, int windows) =>
        Assert.Equal(windows, FusedWindowNetwork.WindowsAtOnce(size));

    [OneDnnTheory]
    [InlineData(1, 0)]
    [InlineData(0, 3, 2, 1)]
    [InlineData(2, 2, 2)]
    public async Task A_windows_logits_do_not_depend_on_those_beside_it(params int[] together)
    {
        using var inference = InferenceWorkers.Create(TaskOf(s_fused.Value, Precision.Fp32, threads: 1));
        var worker = inference.Workers[0];

        var logits = await Forward(worker, [.. together.Select(window => s_windows[window])]);

        var alone = await Task.WhenAll(together.Select(window => Forward(worker, s_windows[window])));
        Assert.Equal(alone.SelectMany(window => window), logits);
    }

    [OneDnnFact]
    public Task Any_number_of_workers_computes_the_same() => AssertSame(Precision.Fp32);

    [OneDnnFact(MapType.BFloat16)]
    public Task Any_number_of_workers_computes_the_same_in_bfloat16() => AssertSame(Precision.Bf16);

    [OneDnnFact]
    public async Task The_logits_are_the_networks_of_the_normalized_window()
    {
        using var inference = InferenceWorkers.Create(TaskOf(s_fused.Value, Precision.Fp32, threads: 1));
        using var bare = Bare(s_fused.Value);
        AssertNear(Expected(bare, s_windows[1], new(0, 0, Size, Size)), await Forward(inference.Workers[0], s_windows[1]), 1e-4);
    }

    [OneDnnFact]
    public async Task Where_margins_are_cropped_they_are_not_computed()
    {
        var task = TaskOf(s_fused.Value, Precision.Fp32, threads: 1);
        using var inference = InferenceWorkers.Create(task with { Settings = task.Settings with { Stitch = StitchMode.Crop } });
        using var bare = Bare(s_fused.Value);
        var kept = new PixelRect(Margin, Margin, Size - (2 * Margin), Size - (2 * Margin));

        Assert.Equal(kept, inference.Workers[0].Network.Kept);
        AssertNear(Expected(bare, s_windows[2], kept), await Forward(inference.Workers[0], s_windows[2]), 1e-4);
    }

    [OneDnnFact]
    public async Task A_worker_waits_with_more_logits_than_there_is_room_for()
    {
        using var inference = InferenceWorkers.Create(TaskOf(s_fused.Value, Precision.Fp32, threads: 1));
        var worker = inference.Workers[0];
        await inference.Ready;
        var first = await Compute();
        using var second = await Compute();

        var third = Compute();
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        Assert.False(third.IsCompleted);
        first.Dispose();

        (await third.WaitAsync(TimeSpan.FromMinutes(1))).Dispose();

        Task<WindowLogits> Compute() => worker.Thread.RunAsync(() => worker.Network.Forward([s_windows[0]]));
    }

    [Theory]
    [InlineData("resnet18_linknet")]
    [InlineData("resnet18_manet")]
    public async Task Without_oneDNN_a_network_is_libtorchs_with_one_worker(string architecture)
    {
        var model = Load(architecture);
        using var inference = InferenceWorkers.OnLibTorch(TaskOf(model, Precision.Fp32, threads: 2));
        using var bare = Bare(model);
        var worker = Assert.Single(inference.Workers);

        Assert.Equal((2, new PixelRect(0, 0, Size, Size)), (worker.Network.BatchSize, worker.Network.Kept));
        Assert.Same(worker.Thread, inference.Stitching);
        Assert.Equal(2, worker.Thread.Run(() => LibTorch.Threads));
        var whole = new PixelRect(0, 0, Size, Size);
        var both = await Forward(worker, s_windows[0], s_windows[1]);
        AssertNear([.. Expected(bare, s_windows[0], whole), .. Expected(bare, s_windows[1], whole)], both, 1e-4);
        // One that comes alone is computed beside zeros.
        Assert.Equal(both[..(both.Length / 2)], (await Forward(worker, s_windows[0]))[..(both.Length / 2)]);
    }

    [Fact]
    public void A_precision_that_the_device_lacks_is_refused() =>
        Assert.Throws<FlairException>(() => InferenceWorkers.OnLibTorch(TaskOf(Load("resnet18_linknet"), Precision.Fp16, threads: 2)));

    [OneDnnFact]
    public async Task A_network_that_cannot_be_compiled_says_why_to_whoever_waits_for_it_or_uses_it()
    {
        using var inference = InferenceWorkers.Create(TaskOf(s_fused.Value with { Weights = new StateDict() }, Precision.Fp32, threads: 1));
        Assert.Equal(Size, inference.Workers[0].Network.Kept.Rows);
        var waiting = await Assert.ThrowsAnyAsync<Exception>(() => inference.Ready);
        var forward = await Assert.ThrowsAnyAsync<Exception>(() => Forward(inference.Workers[0], s_windows[0]));
        Assert.Equal((waiting.GetType(), waiting.Message), (forward.GetType(), forward.Message));
    }

    [OneDnnFact]
    public void Time_is_of_a_window_and_of_all_workers_together()
    {
        using var inference = InferenceWorkers.Create(TaskOf(s_fused.Value, Precision.Fp32, threads: 2));
        var start = Stopwatch.GetTimestamp();
        var seconds = InferenceTiming.SecondsPerWindow(inference, Channels * Size * Size, TimeSpan.FromMilliseconds(50));
        // Each worker has computed a window at least.
        Assert.InRange(seconds, double.Epsilon, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static INetwork Bare(LoadedModel model)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(model.Architecture);
        return architecture.Create(encoder, model.Channels, model.ClassCount, model.Weights);
    }

    private static async Task AssertSame(Precision precision)
    {
        float[][] expected;
        using (var alone = InferenceWorkers.Create(TaskOf(s_fused.Value, precision, threads: 1)))
            expected = await Task.WhenAll(s_windows.Select(window => Forward(alone.Workers[0], window)));
        Assert.NotEqual(expected[0], expected[1]);

        using var inference = InferenceWorkers.Create(TaskOf(s_fused.Value, precision, threads: 2));
        // All windows through both at once, in other orders.
        var runs = inference.Workers.SelectMany((worker, offset) =>
            Enumerable.Range(0, 2 * s_windows.Length).Select(i => (i + offset) % s_windows.Length).Select(window => (Window: window, Logits: Forward(worker, s_windows[window])))).ToArray();
        foreach (var (window, logits) in runs)
            Assert.Equal(expected[window], await logits);
    }

    private static Task<float[]> Forward(InferenceWorker worker, params byte[][] windows) => worker.Thread.RunAsync(() =>
    {
        using var logits = worker.Network.Forward([.. windows.Select(window => new ReadOnlyMemory<byte>(window))]);
        var (view, kept) = (logits.View, worker.Network.Kept);
        Assert.Equal((worker.Network.TakesFewer ? windows.Length : worker.Network.BatchSize, Classes, kept.Rows, kept.Columns), (view.Count, view.Classes, view.Rows, view.Columns));
        return view.ToArray();
    });

    private static float[] Expected(INetwork bare, byte[] window, PixelRect kept)
    {
        var values = new float[window.Length];
        new Normalizer(s_normalization, Channels, SampleType.UInt8, 255).Normalize(window, values);
        using var input = Tensor.From<float>(values, 1, Channels, Size, Size);
        using var logits = bare.Forward(input);
        using var rows = logits.Narrow(2, kept.Row, kept.Rows);
        using var columns = rows.Narrow(3, kept.Column, kept.Columns);
        return columns.ToArray<float>();
    }

    private static void AssertNear(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (e, a) => Math.Abs((double)e - a)).Max() / expected.Max(Math.Abs), 0, tolerance);
    }

    private static LoadedModel Load(string architecture) => ModelLoader.Load(new() { Architecture = architecture, Weights = "formula", Classes = "flair-13" }, Channels);

    private static InferenceTask TaskOf(LoadedModel model, Precision precision, int threads) => new()
    {
        Settings = new()
        {
            Output = "none",
            Inputs = [],
            Model = new() { Architecture = model.Architecture, Weights = "formula", Classes = "flair-13" },
            Normalization = s_normalization,
            Window = new() { Size = Size, Margin = Margin },
            BatchSize = 2,
            Stitch = StitchMode.Blend,
            Precision = precision,
            Device = "cpu",
        },
        Model = model,
        Samples = SampleType.UInt8,
        Maximum = 255,
        Device = "cpu",
        Threads = threads,
    };

    private static byte[] Window(int number) =>
        [.. Enumerable.Range(0, Channels * Size * Size).Select(i => (byte)(256 * FormulaWeights.Unit($"window {number}", i)))];
}
