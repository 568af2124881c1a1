using Flair.Fusion;
using Flair.Models.Decoders;
using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;

namespace Flair.Tests.Fusion;

public sealed class RegionPlanTests
{
    private const int Size = 512;
    private const int Margin = 128;

    [Fact]
    public void A_unets_decoder_is_cut_to_what_the_kept_part_sees()
    {
        var regions = Plan("unet", Square(Margin, Size - Margin));

        // By hand: each 3 × 3 convolution sees a pixel more on each side, upsampling half of them rounded outwards.
        Assert.Equal(Square(128, 384), regions["segmentation_head.0"]);
        Assert.Equal(Square(127, 385), regions["decoder.blocks.4.conv2.0"]);
        Assert.Equal(Square(126, 386), regions["decoder.blocks.4.conv1.0"]);
        Assert.Equal(Square(125, 387), regions["decoder.blocks.4.upsample"]);
        Assert.Equal(Square(62, 194), regions["decoder.blocks.3.conv2.0"]);
        Assert.Equal(Square(61, 195), regions["decoder.blocks.3.conv1.0"]);
        Assert.Equal(Square(60, 196), regions["decoder.blocks.3.upsample"]);
        Assert.Equal(Square(30, 98), regions["decoder.blocks.2.conv2.0"]);
        Assert.Equal(Square(28, 100), regions["decoder.blocks.2.upsample"]);
        Assert.Equal(Square(14, 50), regions["decoder.blocks.1.conv2.0"]);
        Assert.Equal(Square(12, 52), regions["decoder.blocks.1.upsample"]);
        Assert.Equal(Square(6, 26), regions["decoder.blocks.0.conv2.0"]);
        Assert.Equal(Square(5, 27), regions["decoder.blocks.0.conv1.0"]);
        Assert.Equal(Square(4, 28), regions["decoder.blocks.0.upsample"]);
        // The encoder is needed as a whole: its deepest map has a window's pixels around every one.
        Assert.Equal(MapRegion.Whole(256), regions["encoder.conv1"]);
        Assert.Equal(MapRegion.Whole(128), regions["encoder.conv1.pool"]);
        Assert.All(regions.Where(region => region.Key.StartsWith("encoder.layer4.", StringComparison.Ordinal)), region => Assert.Equal(MapRegion.Whole(16), region.Value));
        Assert.Equal(MapRegion.Whole(Size), regions["input"]);
    }

    [Fact]
    public void At_the_windows_edge_nothing_beyond_it_is_needed()
    {
        var regions = Plan("unet", MapRegion.Between(0, 200, 9, Size));

        Assert.Equal(MapRegion.Between(0, 200, 9, 512), regions["segmentation_head.0"]);
        Assert.Equal(MapRegion.Between(0, 199, 10, 512), regions["decoder.blocks.4.conv2.0"]);
        Assert.Equal(MapRegion.Between(0, 197, 12, 512), regions["decoder.blocks.4.upsample"]);
        Assert.Equal(MapRegion.Between(0, 98, 6, 256), regions["decoder.blocks.3.conv2.0"]);
        Assert.Equal(MapRegion.Between(0, 96, 8, 256), regions["decoder.blocks.3.upsample"]);
    }

    [Theory]
    [InlineData("unet")]
    [InlineData("unetplusplus")]
    [InlineData("fpn")]
    [InlineData("deeplabv3")]
    [InlineData("deeplabv3plus")]
    [InlineData("linknet")]
    [InlineData("pspnet")]
    [InlineData("manet")]
    [InlineData("pan")]
    public void Of_a_whole_window_every_map_is_whole(string decoder)
    {
        var graph = Graph(decoder);
        var regions = RegionPlan.Create(graph, Size, MapRegion.Whole(Size));

        Assert.Equal(graph.Nodes.ToHashSet(), regions.Keys.ToHashSet());
        Assert.All(regions, region => Assert.Equal(MapRegion.Whole(Size / region.Key.Reduction), region.Value));
    }

    [Fact]
    public void A_pyramids_views_are_cut_and_the_map_they_see_is_not()
    {
        var regions = Plan("deeplabv3", Square(Margin, Size - Margin));

        // 64 pixels become 512, so pixel 128 lies at 63 / 511 · 128 = 15.8 and 383 at 47.2, between 47 and 48.
        Assert.Equal(Square(15, 49), regions["segmentation_head.0"]);
        Assert.Equal(Square(15, 49), regions["decoder.1"]);
        Assert.All(
            regions.Where(region => region.Key.StartsWith("decoder.0.", StringComparison.Ordinal)),
            region => Assert.Equal(Square(14, 50), region.Value));
        Assert.Equal(MapRegion.Whole(64), regions["encoder.layer4.2.conv2"]);
    }

    [Fact]
    public void A_doubled_map_is_cut_to_what_reaches_the_kept_part_and_what_it_is_added_to_stays()
    {
        var regions = Plan("linknet", Square(Margin, Size - Margin));

        // By hand: pixel i goes to pixels 2i − 1 … 2i + 2 of the doubled map.
        Assert.Equal(Square(128, 384), regions["decoder.blocks.4.block.1.0"]);
        Assert.Equal(Square(63, 193), regions["decoder.blocks.4.block.0.0"]);
        Assert.Equal(Square(63, 193), regions["decoder.blocks.3.sum"]);
        Assert.Equal(Square(63, 193), regions["decoder.blocks.3.block.1.0"]);
        Assert.Equal(Square(31, 97), regions["decoder.blocks.2.sum"]);
        Assert.Equal(Square(15, 49), regions["decoder.blocks.1.sum"]);
        Assert.Equal(Square(7, 25), regions["decoder.blocks.0.sum"]);
        Assert.Equal(Square(3, 13), regions["decoder.blocks.0.block.0.0"]);
        Assert.Equal(MapRegion.Whole(256), regions["encoder.conv1"]);
        Assert.Equal(MapRegion.Whole(16), regions["encoder.layer4.2.conv2"]);
    }

    [Fact]
    public void What_is_normalized_over_all_pixels_is_computed_whole()
    {
        var regions = Plan("fpn", Square(Margin, Size - Margin));

        // 127 / 511 · 128 = 31.8; 127 / 511 · 383 = 95.2.
        Assert.Equal(Square(31, 97), regions["segmentation_head.0"]);
        Assert.Equal(MapRegion.Whole(128), regions["decoder.seg_blocks.3.block.0.block.1"]);
        Assert.Equal(MapRegion.Whole(64), regions["decoder.seg_blocks.2.block.0.block.1"]);
        Assert.Equal(MapRegion.Whole(128), regions["decoder.seg_blocks.0.block.2.upsample"]);
    }

    [Fact]
    public void Means_are_of_whole_maps_and_what_is_made_of_them_is_cut()
    {
        var kept = Square(Margin, Size - Margin);

        // 64 pixels become 512, as in a pyramid's view; the head sees a pixel more.
        var regions = Plan("pspnet", kept);
        Assert.Equal(Square(15, 49), regions["segmentation_head.0"]);
        Assert.All(regions.Where(region => region.Key.StartsWith("decoder.", StringComparison.Ordinal)), region => Assert.Equal(Square(14, 50), region.Value));
        Assert.Equal(MapRegion.Whole(64), regions["encoder.layer2.3.conv2"]);

        regions = Plan("manet", kept);
        Assert.Equal(Square(62, 194), regions["decoder.blocks.3.conv2.0"]);
        Assert.Equal(MapRegion.Whole(128), regions["decoder.blocks.3.weighed"]);
        Assert.Equal(MapRegion.Whole(16), regions["decoder.center"]);

        regions = Plan("pan", kept);
        Assert.Equal(Square(31, 97), regions["segmentation_head.0"]);
        Assert.Equal(Square(30, 98), regions["decoder.gau1"]);
        Assert.Equal(Square(30, 98), regions["decoder.gau1.conv2.conv"]);
        Assert.Equal(MapRegion.Whole(64), regions["decoder.gau2"]);
        Assert.Equal(MapRegion.Whole(32), regions["decoder.fpa.weighed"]);
    }

    [Fact]
    public void What_several_maps_are_made_of_is_computed_whole()
    {
        var regions = Plan("unetplusplus", Square(Margin, Size - Margin));

        // The last chain has one reader a map, the others are beside each other.
        Assert.Equal(Square(125, 387), regions["decoder.blocks.x_0_4.upsample"]);
        Assert.Equal(Square(62, 194), regions["decoder.blocks.x_0_3.conv2.0"]);
        Assert.Equal(Square(60, 196), regions["decoder.blocks.x_0_3.upsample"]);
        Assert.Equal(Square(30, 98), regions["decoder.blocks.x_0_2.conv2.0"]);
        Assert.Equal(Square(60, 196), regions["decoder.blocks.x_1_3.conv2.0"]);
        Assert.Equal(MapRegion.Whole(256), regions["decoder.blocks.x_3_3.conv2.0"]);
        Assert.Equal(MapRegion.Whole(128), regions["decoder.blocks.x_2_2.conv2.0"]);
    }

    [Theory]
    [InlineData(3, 1, 1, 0, 0, 11)]
    [InlineData(3, 1, 2, 0, 0, 12)]
    [InlineData(3, 2, 1, 5, 9, 20)]
    [InlineData(7, 2, 1, 5, 7, 22)]
    [InlineData(1, 2, 1, 5, 10, 19)]
    [InlineData(1, 1, 1, 5, 5, 10)]
    public void A_convolution_reads_what_its_taps_reach(int kernel, int stride, int dilation, int first, int readFirst, int readEnd)
    {
        var node = new ConvolutionNode(new InputNode(1), "a", 1, kernel, stride, dilation, added: null, relu: false);
        // Columns to the end of the input, where the reach ends as well.
        var read = RegionPlan.InputOf(node, MapRegion.Between(first, 30, 10, 64 / stride), 64);

        Assert.Equal((readFirst, readEnd), (read.Row, read.Bottom));
        Assert.InRange(read.Right, 64 - stride + 1, 64);
    }

    private static MapRegion Square(int first, int end) => MapRegion.Between(first, first, end, end);

    private static Dictionary<string, MapRegion> Plan(string decoder, MapRegion kept) =>
        RegionPlan.Create(Graph(decoder), Size, kept).ToDictionary(region => region.Key.Name, region => region.Value);

    private static NetworkGraph Graph(string decoder)
    {
        var kind = DecoderKind.All.Single(kind => kind.Name == decoder);
        return new SegmentationLayer(EncoderCatalog.Create("resnet34", 5, kind.OutputStride, kind.Depth), kind, 5, 19, metadata: false).Trace()!;
    }
}
