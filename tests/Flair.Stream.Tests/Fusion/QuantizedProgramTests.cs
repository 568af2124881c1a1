using Flair.Calibrating;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.OneDnn;

namespace Flair.Tests.Fusion;

/// <summary>Programs with convolutions of bytes.</summary>
public sealed class QuantizedProgramTests
{
    private const int Size = 64;

    private static readonly TracedNetwork s_network = SmallNetwork.Create();
    private static readonly float[] s_window = FormulaWeights.Input(3 * Size * Size);

    /// <summary>Beside single precision: all but the first, and the small ones around the sums alone.</summary>
    public static TheoryData<string[]> BesideSingle => new()
    {
        AllButTheFirst,
        new[] { "block.conv1", "block.conv2", "down.conv2", "down.shortcut" },
        new[] { "down.conv1", "up.0", "up.1", "head" },
    };

    /// <summary>Beside bfloat16.</summary>
    public static TheoryData<string[]> BesideBFloat16 => new() { AllButTheFirst, new[] { "block.conv2", "up.0.narrow", "up.2" } };

    private static string[] AllButTheFirst => [.. s_network.Graph.Convolutions.Skip(1).Select(node => node.Name)];

    [OneDnnTheory(MapType.UInt8)]
    [MemberData(nameof(BesideSingle))]
    public void Bytes_are_near_single_precision(string[] convolutions) => AssertBytesAreNear(MapType.Float32, convolutions);

    [OneDnnTheory(MapType.UInt8, MapType.BFloat16)]
    [MemberData(nameof(BesideBFloat16))]
    public void Bytes_beside_bfloat16_are_near_single_precision(string[] convolutions) => AssertBytesAreNear(MapType.BFloat16, convolutions);

    [OneDnnTheory(MapType.UInt8)]
    [InlineData("resnet18_fpn", Size, 0)]
    [InlineData("resnet18_deeplabv3plus", Size, 0)]
    [InlineData("resnet18_linknet", Size, 0)]
    [InlineData("resnet18_pspnet", Size, 0)]
    [InlineData("resnet18_manet", Size, 0.25)]
    [InlineData("resnet18_pan", 2 * Size, 0)]
    public void What_can_be_in_bytes_is_near_single_precision(string name, int size, double flipped)
    {
        var network = TracedNetwork.OfArchitecture(name, 3, 13);
        var window = FormulaWeights.Input(3 * size * size);
        var (expected, steps) = network.Observe(size, window);
        ProgramTypes types = new(MapType.Float32, new(QuantizationScheme.Candidates(network.Graph).ToHashSet(), steps));

        var (whole, part) = ProgramRunner.OnWorker(() =>
        {
            using var all = network.Compile(size, MapRegion.Whole(size), types);
            using var program = network.Compile(size, new(size / 4, size / 4, size / 2, size / 2), types);
            return (ProgramRunner.RunSamples(all, size, window), ProgramRunner.RunSamples(program, size, window));
        });

        Assert.NotEqual(expected, whole);
        Assert.InRange(Logits.RelativeError(expected, whole), 0, 0.1);
        // oneDNN's kernels may round a value halfway between two bytes either way, depending on the map's size: MA-Net's on AVX-512 do, of one value or two, each of which 8 × 8 of
        // the 1024 pixels see. Borders that are computed wrongly would be seen by most pixels.
        var cut = Logits.Cut(whole, size, new(size / 4, size / 4, size / 2, size / 2));
        Assert.InRange(Logits.ShareOfPixelsNear(cut, part, network.Graph.Output.Channels, 2e-5), 1 - flipped, 1);
        Assert.InRange(Logits.RelativeError(cut, part), 0, 0.01);
    }

    [OneDnnTheory(MapType.UInt8)]
    [InlineData(0, 0, 64, 64)]
    [InlineData(16, 16, 32, 32)]
    [InlineData(5, 33, 20, 7)]
    [InlineData(63, 0, 1, 1)]
    [InlineData(0, 31, 33, 2)]
    public void A_coarser_map_enters_without_being_copied_at_twice_its_resolution(int row, int column, int rows, int columns)
    {
        var (steps, kept) = (Observe().Steps, new MapRegion(row, column, rows, columns));
        ProgramTypes types = new(MapType.Float32, new(s_network.Graph.Convolutions.Skip(1).Select(node => node.Name).ToHashSet(), steps));

        var (whole, part) = ProgramRunner.OnWorker(() =>
        {
            using var all = s_network.Compile(Size, MapRegion.Whole(Size), types);
            using var program = s_network.Compile(Size, kept, types);
            // The dilated convolution is none that can be taken apart.
            Assert.DoesNotContain(program.Passes, pass => pass.Map is "up.1.upsample" or "up.2.upsample");
            Assert.Contains(program.Passes, pass => pass.Map == "up.0.upsample");
            Assert.Equal(2, program.Passes.Count(pass => pass.Map == "up.1"));
            Assert.Single(program.Passes, pass => pass.Map == "up.2");
            return (ProgramRunner.RunSamples(all, Size, s_window), ProgramRunner.RunSamples(program, Size, s_window));
        });

        Logits.AssertNear(Logits.Cut(whole, Size, kept), part, 1e-6);
    }

    [OneDnnFact(MapType.UInt8)]
    public void The_window_itself_is_not_in_bytes()
    {
        var steps = Observe().Steps;
        Assert.Throws<InvalidOperationException>(() => s_network.Compile(Size, MapRegion.Whole(Size), new(MapType.Float32, new(new HashSet<string> { "stem" }, steps))));
    }

    [OneDnnFact(MapType.UInt8)]
    public void Maps_whose_steps_are_no_multiples_are_not_added()
    {
        var steps = Observe().Steps;
        steps["down.shortcut"][3] *= 1.5f;
        var error = Assert.Throws<InvalidOperationException>(
            () => s_network.Compile(Size, MapRegion.Whole(Size), new(MapType.Float32, new(s_network.Graph.Convolutions.Skip(1).Select(node => node.Name).ToHashSet(), steps))));
        Assert.Contains("'down.conv2'", error.Message, StringComparison.Ordinal);
    }

    private static void AssertBytesAreNear(MapType wide, string[] convolutions)
    {
        var (expected, steps) = Observe();

        var actual = ProgramRunner.OnWorker(() =>
        {
            using var program = s_network.Compile(Size, MapRegion.Whole(Size), new(wide, new(convolutions.ToHashSet(), steps)));
            return ProgramRunner.RunSamples(program, Size, s_window);
        });

        Assert.NotEqual(expected, actual);
        // 0.031 with all of them in bytes; 0.020 if two neighbouring products might take more than 16 bits, where kernels have up to twice as many steps.
        Assert.InRange(Logits.RelativeError(expected, actual), 0, 0.04);
    }

    private static (float[] Logits, Dictionary<string, float[]> Steps) Observe() => s_network.Observe(Size, s_window);
}
