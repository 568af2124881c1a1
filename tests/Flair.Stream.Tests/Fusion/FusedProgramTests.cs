using Flair.Batching;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Models.Graphs;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;
using Flair.Tests.Models;
using Flair.Torch;

namespace Flair.Tests.Fusion;

/// <summary>What fused programs compute, against the networks that <see cref="ReferenceModelTests"/> hold to segmentation_models_pytorch.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class FusedProgramTests
{
    // The references are of 64 × 96 pixels, or 128 × 128; windows are square.
    private const int Size = 64;

    private static readonly Lazy<TracedNetwork> s_small = new(() => TracedNetwork.OfArchitecture("resnet18_unet", 5, 19));

    public static TheoryData<string> References => [.. ReferenceModel.All.Select(model => model.Name)];

    [OneDnnTheory]
    [MemberData(nameof(References))]
    public void The_logits_are_the_networks(string name)
    {
        var reference = ReferenceModel.Find(name);
        using var bare = reference.CreateWithFormulaWeights();
        var size = (int)reference.Height;
        var values = FormulaWeights.Input(reference.Channels * size * size);
        using var input = Tensor.From<float>(values, 1, reference.Channels, size, size);
        using var logits = bare.Forward(input);
        using var expected = logits.Permute(0, 2, 3, 1).Contiguous();

        var traced = TracedNetwork.Of(reference.Architecture, reference.Encoder, reference.Channels, reference.Classes);
        using var program = ProgramRunner.OnWorker(() => traced.Compile(size));
        var actual = ProgramRunner.OnWorker(() => ProgramRunner.Run(program, size, values));

        Assert.Equal((reference.Classes, MapRegion.Whole(size)), (program.Classes, program.Kept));
        // Far within the 1e-3 of the reference's own test: sums in another order.
        Logits.AssertNear(expected.ToArray<float>(), actual, 2e-5);
    }

    [OneDnnFact]
    public void Threads_that_run_at_once_compute_what_one_alone_does()
    {
        var (windows, runs) = (4, 3);
        using var program = ProgramRunner.OnWorker(() => s_small.Value.Compile(Size));
        float[][] inputs = [.. Enumerable.Range(0, windows).Select(window => Window(5, window))];
        var expected = ProgramRunner.OnWorker(() => inputs.Select(input => ProgramRunner.Run(program, Size, input)).ToArray());
        Assert.NotEqual(expected[0], expected[1]);

        using var together = new Barrier(2);
        var threads = Enumerable.Range(0, 2).Select(thread => Task.Factory.StartNew(
            () => ProgramRunner.OnWorker(() =>
            {
                using var runner = new ProgramRunner(program, Size);
                together.SignalAndWait();
                return Enumerable.Range(0, runs * windows).Select(i => (Window: (i + thread) % windows, Logits: runner.Run(inputs[(i + thread) % windows]))).ToArray();
            }),
            TaskCreationOptions.LongRunning)).ToArray();

        foreach (var (window, logits) in threads.SelectMany(thread => thread.GetAwaiter().GetResult()))
            Assert.Equal(expected[window], logits);
    }

    [OneDnnFact]
    public void What_the_memory_held_before_does_not_matter()
    {
        using var program = ProgramRunner.OnWorker(() => s_small.Value.Compile(Size, new(5, 8, 40, 51)));
        using var runner = new ProgramRunner(program, Size);
        var window = Window(5, 0);

        runner.Fill(0);
        var expected = ProgramRunner.OnWorker(() => runner.Run(window));
        Assert.DoesNotContain(float.NaN, expected);
        // NaN in every type: what is read without having been written would spread.
        runner.Fill(0xff);
        Assert.Equal(expected, ProgramRunner.OnWorker(() => runner.Run(window)));
        Assert.NotEqual(expected, ProgramRunner.OnWorker(() => runner.Run(Window(5, 1))));
        Assert.Equal(expected, ProgramRunner.OnWorker(() => runner.Run(window)));
    }

    [OneDnnTheory]
    [InlineData("resnet18_deeplabv3")]
    [InlineData("resnet18_deeplabv3plus")]
    [InlineData("resnet18_fpn")]
    [InlineData("mit_b0_unet")]
    [InlineData("resnet18_linknet")]
    [InlineData("resnet18_pspnet")]
    [InlineData("resnet18_manet")]
    [InlineData("resnet18_pan", 2 * Size)]
    public void Nothing_is_read_that_was_not_written(string name, int size = Size)
    {
        using var program = ProgramRunner.OnWorker(() => TracedNetwork.OfArchitecture(name, 3, 19).Compile(size, new(5, 8, 40, 51)));
        using var runner = new ProgramRunner(program, size);
        var window = FormulaWeights.Input(3 * size * size);
        runner.Fill(0);
        var expected = ProgramRunner.OnWorker(() => runner.Run(window));
        Assert.DoesNotContain(float.NaN, expected);
        runner.Fill(0xff);
        Assert.Equal(expected, ProgramRunner.OnWorker(() => runner.Run(window)));
    }

    [OneDnnFact]
    public void An_observer_sees_every_map_once_and_the_logits_last()
    {
        var kept = new MapRegion(8, 0, 40, 64);
        using var program = ProgramRunner.OnWorker(() => s_small.Value.Compile(Size, kept));
        using var runner = new ProgramRunner(program, Size);
        var regions = RegionPlan.Create(s_small.Value.Graph, Size, kept);
        var seen = new List<string>();
        float[] last = [];

        var logits = ProgramRunner.OnWorker(() => runner.Run(Window(5, 0), (node, values) =>
        {
            seen.Add(node.Name);
            Assert.Equal(regions[node].Area * node.Channels, values.Length);
            last = values.ToArray();
        }));

        // Coarser maps enter convolutions without being copied at twice their resolution.
        Assert.Equal(s_small.Value.Graph.Nodes.Skip(1).Where(node => node is not UpsampleNode).Select(node => node.Name), seen);
        Assert.Equal(logits, last);
    }

    [OneDnnFact]
    public void A_normalization_in_the_first_convolution_is_the_same_normalization()
    {
        // Whole means: then zeros around the window mean the mean, as they do around a normalized one.
        var settings = new NormalizationSettings { Means = [105, 111, 102, 106, 17], Stds = [52.17, 45.38, 44, 39.69, 79.3] };
        var raw = Bytes(5, 0);
        var (normalized, shifted) = (new float[raw.Length], new float[raw.Length]);
        new Normalizer(settings, 5, SampleType.UInt8, 255).Normalize(raw, normalized);
        for (var i = 0; i < raw.Length; i++)
            shifted[i] = (float)(raw[i] - settings.Means[i / Size / Size]);
        var scaling = new InputScaling([.. settings.Stds.Select(deviation => (float)(1 / deviation))], new float[5]);

        using var program = ProgramRunner.OnWorker(() => s_small.Value.Compile(Size));
        using var folded = ProgramRunner.OnWorker(() => s_small.Value.Compile(Size, MapRegion.Whole(Size), scaling: scaling));

        Logits.AssertNear(ProgramRunner.Run(program, Size, normalized), ProgramRunner.Run(folded, Size, shifted), 2e-5);
    }

    [OneDnnTheory(MapType.BFloat16)]
    [InlineData("resnet18_unet")]
    [InlineData("resnet34_unetplusplus")]
    [InlineData("resnet18_deeplabv3")]
    [InlineData("resnet18_deeplabv3plus")]
    [InlineData("resnet18_fpn")]
    [InlineData("resnet18_linknet")]
    [InlineData("resnet18_pspnet")]
    [InlineData("resnet18_manet")]
    public void BFloat16_is_near_single_precision(string name)
    {
        // FLAIR-1's, which lie between whole numbers.
        var settings = new NormalizationSettings { Means = [105.08, 110.87, 101.82, 106.38, 53.26], Stds = [52.17, 45.38, 44, 39.69, 79.3] };
        var traced = name == "resnet18_unet" ? s_small.Value : TracedNetwork.OfArchitecture(name, 5, 19);
        var raw = Bytes(5, 3);
        var ((single, _), (half, saved)) = (Run(ProgramTypes.Single), Run(new ProgramTypes(MapType.BFloat16)));

        Assert.NotEqual(single, half);
        // 0.005 to 0.010 by the definition, 0.009 to 0.022 where multiplications are saved.
        Assert.InRange(Logits.RelativeError(single, half), 0, saved ? 0.03 : 0.02);

        (float[] Logits, bool Saved) Run(ProgramTypes types) => ProgramRunner.OnWorker(() =>
        {
            var input = new WindowInput(settings, new Normalizer(settings, 5, SampleType.UInt8, 255), SampleType.UInt8, 255, types.Wide);
            using var program = traced.Compile(Size, new(16, 16, 32, 32), types, input.Scaling);
            using var runner = new ProgramRunner(program, Size);
            return (runner.Run(input, raw), program.Passes.Any(pass => pass.Implementation.StartsWith("winograd:", StringComparison.Ordinal)));
        });
    }

    /// <summary>A normalized window, another one for each number.</summary>
    private static float[] Window(int channels, int number)
    {
        var length = channels * Size * Size;
        return FormulaWeights.Input((number + 1) * length)[^length..];
    }

    /// <summary>A raw window.</summary>
    private static byte[] Bytes(int channels, int number) => [.. Window(channels, number).Select(value => (byte)(128 + (value * 85)))];
}
