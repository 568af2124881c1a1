using System.Collections.Concurrent;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Tests.Models;
using FsCheck;
using FsCheck.Fluent;

namespace Flair.Tests.Fusion;

/// <summary>A program of a part of the logits computes what one of the whole window computes there.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class KeptRegionTests
{
    private const double Tolerance = 2e-5;

    private static readonly ConcurrentDictionary<string, TracedNetwork> s_networks = [];

    [OneDnnTheory]
    [InlineData("resnet18_unet", 64, new[] { 1, 7, 16, 31 })]
    [InlineData("resnet18_unet", 96, new[] { 13, 24 })]
    [InlineData("resnet18_unet", 160, new[] { 33, 40 })]
    [InlineData("resnet50_unet", 64, new[] { 17 })]
    [InlineData("resnet34_unetplusplus", 64, new[] { 9, 16, 30 })]
    [InlineData("resnet18_deeplabv3", 64, new[] { 1, 13, 24 })]
    [InlineData("resnet18_deeplabv3", 512, new[] { 128 })]
    [InlineData("resnet18_deeplabv3plus", 64, new[] { 1, 13, 24 })]
    [InlineData("resnet18_fpn", 64, new[] { 1, 7, 31 })]
    [InlineData("mit_b0_unet", 96, new[] { 1, 24 })]
    [InlineData("resnet18_linknet", 96, new[] { 1, 13, 24, 47 })]
    [InlineData("resnet50_linknet", 64, new[] { 18 })]
    [InlineData("resnet18_pspnet", 64, new[] { 1, 13, 24 })]
    [InlineData("resnet18_pspnet", 104, new[] { 25 })]
    [InlineData("resnet18_manet", 96, new[] { 1, 13, 24, 47 })]
    [InlineData("resnet18_pan", 144, new[] { 1, 13, 36 })]
    public void Without_margins_the_logits_are_the_same(string name, int size, int[] margins)
    {
        var network = s_networks.GetOrAdd(name, _ => TracedNetwork.OfArchitecture(name, 3, 13));
        AssertSameParts(network, size, margins.Select(margin => MapRegion.Between(margin, margin, size - margin, size - margin)));
    }

    [OneDnnTheory]
    [InlineData("resnet18_unet")]
    [InlineData("resnet18_linknet")]
    [InlineData("resnet18_pspnet")]
    [InlineData("resnet18_manet")]
    public void Any_part_of_a_window_can_be_kept(string architecture)
    {
        const int Size = 64;
        AssertSameParts(
            s_networks.GetOrAdd(architecture, name => TracedNetwork.OfArchitecture(name, 3, 13)), Size, [new(5, 33, 20, 7), new(0, 0, 1, 64), new(63, 63, 1, 1), new(0, 31, 33, 2), new(10, 0, 54, 21)]);
    }

    [OneDnnFact]
    public void Any_part_of_a_small_network_with_every_kind_of_map_can_be_kept()
    {
        var network = SmallNetwork.Create();
        var whole = new Dictionary<int, float[]>();
        var cases = from size in Gen.Elements(8, 16, 24, 40)
                    from row in Gen.Choose(0, size - 1)
                    from column in Gen.Choose(0, size - 1)
                    from rows in Gen.Choose(1, size - row)
                    from columns in Gen.Choose(1, size - column)
                    select (Size: size, Kept: new MapRegion(row, column, rows, columns));

        Check.One(Config.QuickThrowOnFailure.WithReplay(20221121, 3).WithMaxTest(60), Prop.ForAll(cases.ToArbitrary(), drawn =>
        {
            var (size, kept) = drawn;
            if (!whole.ContainsKey(size))
                whole.Add(size, Run(network, size, MapRegion.Whole(size)));
            Logits.AssertNear(Logits.Cut(whole[size], size, kept), Run(network, size, kept), Tolerance);
        }));
    }

    [OneDnnFact]
    public void A_smaller_part_takes_less_memory()
    {
        var network = SmallNetwork.Create();
        using var whole = network.Compile(64);
        using var part = network.Compile(64, new(16, 16, 32, 32));
        Assert.InRange(part.ArenaBytes, 1, whole.ArenaBytes - 1);
    }

    private static void AssertSameParts(TracedNetwork network, int size, IEnumerable<MapRegion> parts)
    {
        var whole = Run(network, size, MapRegion.Whole(size));
        foreach (var part in parts)
            Logits.AssertNear(Logits.Cut(whole, size, part), Run(network, size, part), Tolerance);
    }

    private static float[] Run(TracedNetwork network, int size, MapRegion kept) => ProgramRunner.OnWorker(() =>
    {
        using var program = network.Compile(size, kept);
        Assert.Equal(kept, program.Kept);
        return ProgramRunner.Run(program, size, FormulaWeights.Input(network.Graph.Input.Channels * size * size));
    });
}
