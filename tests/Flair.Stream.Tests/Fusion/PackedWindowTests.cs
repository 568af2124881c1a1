using Flair.Batching;
using Flair.Calibrating;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Models.Graphs;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tests.Fusion;

/// <summary>Windows of bytes as the first convolution reads them.</summary>
public sealed class PackedWindowTests
{
    private const int Size = 64;

    // FLAIR-1's, which lie between whole numbers.
    private static readonly NormalizationSettings s_settings = new() { Means = [105.08, 110.87, 101.82, 106.38, 53.26], Stds = [52.17, 45.38, 44, 39.69, 79.3] };

    [OneDnnTheory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public unsafe void The_convolution_of_packed_pixels_is_that_of_the_window_and_its_border(int channels)
    {
        const int Outputs = 2, Few = 10;
        var random = new Random(channels);
        var window = new byte[channels * Few * Few];
        var border = new byte[channels];
        random.NextBytes(window);
        random.NextBytes(border);
        float[] kernel = [.. Enumerable.Range(0, Outputs * channels * 49).Select(_ => (float)random.Next(-9, 10))];

        var packed = new byte[PackedWindow.Bytes(Few, channels)];
        fixed (byte* to = packed)
            Passes.PackPixels(window, Few, border, to);
        var taps = PackedWindow.Pack(kernel, channels);

        var (side, deep) = (PackedWindow.Side(Few), 4 * channels);
        for (var o = 0; o < Outputs; o++)
        {
            for (var y = 0; y < Few / 2; y++)
            {
                for (var x = 0; x < Few / 2; x++)
                {
                    float expected = 0, actual = 0;
                    for (var i = 0; i < channels * 49; i++)
                    {
                        var (c, row, column) = (i / 49, (2 * y) - 3 + (i / 7 % 7), (2 * x) - 3 + (i % 7));
                        var inside = row is >= 0 and < Few && column is >= 0 and < Few;
                        expected += kernel[(o * channels * 49) + i] * (inside ? window[(((c * Few) + row) * Few) + column] : border[c]);
                    }

                    for (var i = 0; i < deep * 16; i++)
                        actual += taps[(o * deep * 16) + i] * packed[((((y + (i / 4 % 4)) * side) + x + (i % 4)) * deep) + (i / 16)];
                    Assert.Equal(expected, actual);
                }
            }
        }
    }

    [OneDnnTheory(MapType.UInt8, MapType.BFloat16)]
    [InlineData("resnet18_unet")]
    [InlineData("resnet34_unetplusplus")]
    public void A_first_convolution_in_bytes_is_as_near_single_precision_as_the_others(string name)
    {
        var traced = TracedNetwork.OfArchitecture(name, 5, 19);
        var input = Input(SampleType.UInt8);
        var raw = Window();
        var (single, steps) = Observe(traced, raw);

        var (first, firstType) = Run(traced, new(input.Wide, Bytes(traced.Graph, steps, first: true)), input, raw);
        var (others, othersType) = Run(traced, new(input.Wide, Bytes(traced.Graph, steps, first: false)), input, raw);

        Assert.Equal((MapType.UInt8, input.Wide), (firstType, othersType));
        var error = Logits.RelativeError(single, others);
        Assert.InRange(Logits.RelativeError(single, first), 0, (1.5 * error) + 0.005);
    }

    [Fact]
    public void Rounding_the_kernel_does_nothing_to_a_window_that_is_its_mean_everywhere()
    {
        var weights = new FoldedWeights(FormulaWeights.Parameter("conv.weight", [3, 2, 7, 7]), [0.5f, -1, 0]);

        var kernel = PackedWindow.Quantize(weights, new([0.02f, 0.01f], [105.08f, 53.26f]), outputSteps: null);

        var each = kernel.Values.Length / weights.Bias.Length;
        for (var o = 0; o < weights.Bias.Length; o++)
        {
            double sum = kernel.Bias[o];
            for (var i = 0; i < each; i++)
                sum += kernel.Values[(o * each) + i] * (i / 16 % 2 == 0 ? 105.08 : 53.26);
            Assert.Equal(weights.Bias[o], sum * kernel.Scale[o], 1e-4);
        }
    }

    [OneDnnFact(MapType.UInt8)]
    public void Numbers_that_are_no_bytes_stay_in_floating_point()
    {
        var traced = TracedNetwork.OfArchitecture("resnet18_unet", 5, 19);
        var (_, steps) = Observe(traced, Window());
        var input = Input(SampleType.Float32);
        Assert.Null(input.Input.Bytes);
        using var program = ProgramRunner.OnWorker(() => traced.Compile(Size, MapRegion.Whole(Size), new(input.Wide, Bytes(traced.Graph, steps, first: true)), input.Input));
        Assert.Equal(input.Wide, program.InputType);
    }

    private static (WindowInput Input, MapType Wide) Input(SampleType samples)
    {
        var wide = OneDnnLibrary.HasBFloat16 ? MapType.BFloat16 : MapType.Float32;
        return (new(s_settings, new Normalizer(s_settings, 5, samples, 255), samples, 255, wide), wide);
    }

    private static byte[] Window() => [.. FormulaWeights.Input(5 * Size * Size).Select(value => (byte)(128 + (value * 85)))];

    private static Quantization Bytes(NetworkGraph graph, IReadOnlyDictionary<string, float[]> steps, bool first) =>
        new(QuantizationScheme.Candidates(graph).ToHashSet(), steps, first);

    private static (float[] Logits, MapType Type) Run(TracedNetwork traced, ProgramTypes types, (WindowInput Input, MapType Wide) input, byte[] raw) => ProgramRunner.OnWorker(() =>
    {
        using var program = traced.Compile(Size, MapRegion.Whole(Size), types, input.Input);
        using var runner = new ProgramRunner(program, Size);
        return (runner.Run(input.Input, raw), program.InputType);
    });

    private static (float[] Logits, Dictionary<string, float[]> Steps) Observe(TracedNetwork traced, byte[] raw)
    {
        var normalized = new float[raw.Length];
        new Normalizer(s_settings, 5, SampleType.UInt8, 255).Normalize(raw, normalized);
        return traced.Observe(Size, normalized);
    }
}
