using Flair.Calibrating;
using Flair.Models.Graphs;

namespace Flair.Tests.Calibrating;

public sealed class QuantizationSchemeTests
{
    private readonly NetworkGraph _graph = new(3);
    private readonly ConvolutionNode _stem, _inner, _sum, _projected, _second, _head;
    private readonly Dictionary<string, float[]> _largest;

    public QuantizationSchemeTests()
    {
        _stem = Add(_graph.Input, "stem", 2);
        var pool = _graph.Add(new MaxPoolNode(_stem));
        _inner = Add(pool, "inner", 2);
        _sum = Add(_inner, "sum", 2, pool);
        _projected = Add(_sum, "projected", 2, relu: false);
        _second = Add(_inner, "second", 2, _projected);
        _head = Add(_second, "head", 4, relu: false);
        _graph.Output = _head;
        _largest = new()
        {
            ["stem"] = [4, 1],
            ["inner"] = [100, 0],
            ["sum"] = [9, 1],
            ["projected"] = [8, 2],
            ["second"] = [16, 1],
            ["head"] = [1, 1, 1, 1],
        };
    }

    [Fact]
    public void All_but_the_first_can_be_in_bytes() =>
        Assert.Equal(["inner", "sum", "projected", "second", "head"], QuantizationScheme.Candidates(_graph));

    [Fact]
    public void A_convolution_of_what_is_no_convolutions_map_or_may_be_negative_is_in_floating_point()
    {
        var fpn = Flair.Models.ArchitectureRegistry.Parse("resnet18_fpn").Architecture.Trace("resnet18", 3, 19)!;
        // The pyramid's maps have no ReLU, the branches' are normalized by groups, the laterals are added to upsampled maps; the deepest is added to nothing.
        Assert.Equal([.. Encoder(fpn), "decoder.p5"], QuantizationScheme.Candidates(fpn));

        var deepLab = Flair.Models.ArchitectureRegistry.Parse("resnet18_deeplabv3").Architecture.Trace("resnet18", 3, 19)!;
        // The parts of the projection are added to what is none's.
        Assert.Equal(
            [.. Encoder(deepLab), .. Enumerable.Range(0, 4).Select(view => $"decoder.0.convs.{view}.0"), "decoder.1", "segmentation_head.0"], QuantizationScheme.Candidates(deepLab));

        static IEnumerable<string> Encoder(NetworkGraph graph) => graph.Convolutions.Skip(1).Select(node => node.Name).Where(name => name.StartsWith("encoder.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_step_lies_half_way_between_the_channels_and_the_maps_and_a_silent_channel_has_one()
    {
        var steps = Create()["inner"];
        Assert.Equal(100f / 255, steps[0], 5);
        Assert.Equal(100 * MathF.Sqrt(1e-3f) / 255, steps[1], 5);
    }

    [Fact]
    public void Added_maps_share_their_steps_up_to_a_factor_and_hold_their_ranges()
    {
        var steps = Create();
        // The pooled stem is added to "sum"; "projected" to "second".
        AssertProportional(steps["stem"], steps["sum"]);
        AssertProportional(steps["projected"], steps["second"]);
        foreach (var (node, top) in new[] { (_stem, 255), (_sum, 255), (_projected, 127), (_second, 255) })
        {
            for (var c = 0; c < node.Channels; c++)
                Assert.True(steps[node.Name][c] * top >= _largest[node.Name][c] * 0.9999f, $"{node.Name} saturates");
        }
    }

    [Fact]
    public void The_logits_have_no_steps() => Assert.DoesNotContain("head", Create().Keys);

    private IReadOnlyDictionary<string, float[]> Create() =>
        QuantizationScheme.Create(_graph, _largest, QuantizationScheme.Candidates(_graph).ToHashSet()).Steps;

    private ConvolutionNode Add(MapNode input, string name, int outputs, MapNode? added = null, bool relu = true) =>
        _graph.Add(new ConvolutionNode(input, name, outputs, kernel: 3, stride: 1, dilation: 1, added, relu));

    private static void AssertProportional(float[] first, float[] second) => Assert.Equal(first[0] / second[0], first[1] / second[1], 4);
}
