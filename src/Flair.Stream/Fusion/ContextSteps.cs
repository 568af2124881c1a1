using Flair.Models.Graphs;
using Flair.OneDnn;

namespace Flair.Fusion;

/// <summary>1 × 1 convolutions, one after the other, of a few pixels.</summary>
internal sealed class PixelConvolutions(IEnumerable<ConvolutionNode> nodes, Func<MapNode, FoldedWeights> weights)
{
    private readonly (FoldedWeights Weights, bool Relu)[] _convolutions = [.. nodes.Select(node => (weights(node), node.Relu))];

    /// <summary>Convolves pixels, [pixel][channel].</summary>
    public float[] Run(float[] pixels) =>
        _convolutions.Aggregate(pixels, (values, convolution) => Convolve(convolution.Weights, convolution.Relu, values));

    private static float[] Convolve(FoldedWeights weights, bool relu, float[] pixels)
    {
        var outputs = weights.Bias.Length;
        var inputs = weights.Kernel.Length / outputs;
        var result = new float[pixels.Length / inputs * outputs];
        for (var at = 0; at < result.Length; at++)
        {
            var kernel = weights.Kernel.AsSpan(at % outputs * inputs, inputs);
            var pixel = pixels.AsSpan(at / outputs * inputs, inputs);
            double sum = weights.Bias[at % outputs];
            for (var i = 0; i < kernel.Length; i++)
                sum += (double)kernel[i] * pixel[i];
            result[at] = (float)(relu ? Math.Max(0, sum) : sum);
        }

        return result;
    }
}

/// <summary>Convolutions of means over a grid's cells, interpolated.</summary>
internal sealed unsafe class ContextStep(
    ContextNode node, MapRegion region, MapType type, int size, PixelConvolutions convolutions, MapBuffer input, MapBuffer? output) : WindowStep(node, output)
{
    public override string Implementation => "context";

    protected override void Run(in FusedMemory memory)
    {
        var means = new float[node.Grid * node.Grid * node.Input.Channels];
        Passes.GridMean(memory.Of(input), type, size, size, node.Grid, means);
        fixed (float* cells = convolutions.Run(means))
        {
            Passes.Interpolate(
                new((nint)cells, node.Channels, 0, 0, node.Grid),
                MapType.Float32,
                node.Grid,
                node.Grid,
                type,
                size,
                size,
                region.Row,
                region.Column,
                region.Rows,
                region.Columns,
                node.InPlaceOf is not null,
                memory.Of(Output));
        }
    }
}

/// <summary>Weights of channels from means of maps, in place.</summary>
/// <param name="node">The map.</param>
/// <param name="pixels">Its pixels.</param>
/// <param name="type">Type of all maps.</param>
/// <param name="gates">Of each gate its map, that one's pixels and the convolutions of its mean.</param>
/// <param name="output">Holds the map.</param>
internal sealed unsafe class ChannelWeightStep(
    ChannelWeightNode node, long pixels, MapType type, IReadOnlyList<(MapBuffer Map, int Size, PixelConvolutions Convolutions)> gates, MapBuffer? output) : WindowStep(node, output)
{
    public override string Implementation => "channel weights";

    protected override void Run(in FusedMemory memory)
    {
        var weights = new float[node.Channels];
        for (var i = 0; i < gates.Count; i++)
        {
            var (map, size, convolutions) = gates[i];
            var means = new float[node.Gates[i].Input.Channels];
            Passes.GridMean(memory.Of(map), type, size, size, grid: 1, means);
            var values = convolutions.Run(means);
            for (var c = 0; c < weights.Length; c++)
                weights[c] += (float)(1 / (1 + Math.Exp(-values[c])));
        }

        Passes.WeighChannels(weights, type, pixels, memory.Of(Output));
    }
}

/// <summary>Weights of pixels, in place.</summary>
internal sealed unsafe class PixelWeightStep(PixelWeightNode node, MapRegion region, MapType type, MapRegion weightsRegion, MapBuffer weights, MapBuffer? output)
    : WindowStep(node, output)
{
    public override string Implementation => "pixel weights";

    protected override void Run(in FusedMemory memory)
    {
        var part = new MapPart((nint)memory.Of(weights), 1, weightsRegion.Row, weightsRegion.Column, weightsRegion.Columns);
        Passes.WeighPixels(part, type, region.Row, region.Column, region.Rows, region.Columns, node.Channels, memory.Of(Output));
    }
}

/// <summary>MA-Net's attention.</summary>
internal sealed unsafe class PositionAttentionStep(PositionAttentionNode node, int positions, MapType type, MapBuffer[] inputs, MapBuffer? output) : WindowStep(node, output)
{
    public override string Implementation => "position attention";

    protected override void Run(in FusedMemory memory) => Passes.PositionAttention(
        memory.Of(inputs[0]), memory.Of(inputs[1]), memory.Of(inputs[2]), memory.Of(inputs[3]), type, positions, node.Queries.Channels, node.Channels, memory.Of(Output));
}
