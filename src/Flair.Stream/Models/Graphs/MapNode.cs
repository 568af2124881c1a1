namespace Flair.Models.Graphs;

/// <summary>A map that a network computes, and of what.</summary>
/// <param name="name">What messages, calibrations and measurements call it.</param>
/// <param name="channels">Its channels.</param>
/// <param name="reduction">The input's rows and columns over its own.</param>
internal abstract class MapNode(string name, int channels, int reduction)
{
    /// <summary>What messages, calibrations and measurements call it; the convolution's name in the state dict, where it is one's result.</summary>
    public string Name => name;

    /// <summary>Its channels.</summary>
    public int Channels => channels;

    /// <summary>The input's rows and columns over its own.</summary>
    public int Reduction => reduction;

    /// <summary>The maps it is made of.</summary>
    public abstract IReadOnlyList<MapNode> Sources { get; }

    /// <summary>A map of the same shape among them that this one is made of in place, as a sum is; null: it has a place of its own.</summary>
    public virtual MapNode? InPlaceOf => null;
}

/// <summary>A map that is made of one other.</summary>
internal abstract class UnaryNode(MapNode input, string name, int channels, int reduction) : MapNode(name, channels, reduction)
{
    /// <summary>The other.</summary>
    public MapNode Input => input;

    public override IReadOnlyList<MapNode> Sources => [input];
}

/// <summary>The network's input.</summary>
internal sealed class InputNode(int channels) : MapNode("input", channels, 1)
{
    public override IReadOnlyList<MapNode> Sources => [];
}

/// <summary>What a convolution of one of several maps takes of the kernel for all of them side by side.</summary>
/// <param name="Convolution">The whole one's name in the state dict.</param>
/// <param name="Inputs">Channels of all the maps.</param>
/// <param name="First">The first of this map's channels among them.</param>
/// <param name="HasBias">Whether the constants are this part's: where parts are added up, they are one's.</param>
internal sealed record KernelPart(string Convolution, int Inputs, int First, bool HasBias);

/// <summary>A convolution with its normalization folded in, plus another map, plus a ReLU.</summary>
internal sealed class ConvolutionNode(
    MapNode input, string name, int outputs, int kernel, int stride, int dilation, MapNode? added, bool relu, string? norm = null, bool bias = true)
    : MapNode(name, outputs, input.Reduction * stride)
{
    /// <summary>What it is a part of; null: it is whole.</summary>
    public KernelPart? Part { get; init; }

    public MapNode Input => input;

    /// <summary>The kernel's side.</summary>
    public int Kernel => kernel;

    public int Stride => stride;

    public int Dilation => dilation;

    /// <summary>Zeros around the input; by default as many as keep the size at stride 1.</summary>
    public int Padding { get; init; } = kernel / 2 * dilation;

    /// <summary>A map of its own shape that is added before the ReLU; null: none.</summary>
    public MapNode? Added => added;

    public override MapNode? InPlaceOf => added;

    /// <summary>Whether what is negative becomes 0.</summary>
    public bool Relu => relu;

    /// <summary>Name in the state dict of the normalization that is folded into it; null: none is.</summary>
    public string? Norm => norm;

    /// <summary>Whether the convolution has a constant of its own.</summary>
    public bool HasBias => bias;

    public override IReadOnlyList<MapNode> Sources => added is null ? [input] : [input, added];
}

/// <summary>A transposed convolution of 4 × 4 taps that doubles the resolution, its normalization folded in, and a ReLU.</summary>
/// <param name="input">What it convolves.</param>
/// <param name="name">The convolution's name in the state dict, where its kernel is [in][out][row][column].</param>
/// <param name="outputs">Channels that leave.</param>
/// <param name="norm">The normalization's name in the state dict.</param>
internal sealed class TransposedConvolutionNode(MapNode input, string name, int outputs, string norm) : UnaryNode(input, name, outputs, input.Reduction / 2)
{
    /// <summary>Rows and columns of taps.</summary>
    public const int Kernel = 4;

    /// <summary>Output pixels from one input pixel to the next.</summary>
    public const int Stride = 2;

    /// <summary>Rows and columns that are cut off on each side of what the taps reach.</summary>
    public const int Padding = 1;

    public string Norm => norm;
}

/// <summary>A map plus another of the same shape.</summary>
internal sealed class SumNode(MapNode input, string name, MapNode added) : MapNode(name, input.Channels, input.Reduction)
{
    /// <summary>What is added to the first.</summary>
    public MapNode Added => added;

    public override MapNode? InPlaceOf => input;

    public override IReadOnlyList<MapNode> Sources => [input, added];
}

/// <summary>The largest of 3 × 3 with stride 2, or of 2 × 2, where a last odd row or column is left out.</summary>
internal sealed class MaxPoolNode(MapNode input, int kernel = 3) : UnaryNode(input, $"{input.Name}.pool", input.Channels, input.Reduction * 2)
{
    /// <summary>The side of the squares: 3 or 2.</summary>
    public int Kernel => kernel;
}

/// <summary>A map at twice its resolution (nearest neighbour), with others' channels beside it.</summary>
internal sealed class UpsampleNode(string name, MapNode below, IReadOnlyList<MapNode> beside)
    : MapNode(name, below.Channels + beside.Sum(map => map.Channels), below.Reduction / 2)
{
    public MapNode Below => below;

    public IReadOnlyList<MapNode> Beside => beside;

    public override IReadOnlyList<MapNode> Sources => [below, .. beside];
}

/// <summary>A map at another resolution, interpolated between pixels, the corners' centres upon each other; plus another map.</summary>
/// <param name="input">The map.</param>
/// <param name="name">What messages call it.</param>
/// <param name="factor">The resolution's, but for a last row or column that a halving left out.</param>
/// <param name="added">What it is added to, in place; null: nothing.</param>
internal sealed class InterpolationNode(MapNode input, string name, int factor, MapNode? added = null) : MapNode(name, input.Channels, input.Reduction / factor)
{
    public MapNode Input => input;

    public override MapNode? InPlaceOf => added;

    public override IReadOnlyList<MapNode> Sources => added is null ? [input] : [input, added];
}

/// <summary>A map with groups of its channels normalized over all pixels, and a ReLU.</summary>
/// <param name="input">The map.</param>
/// <param name="name">The normalization's name in the state dict.</param>
/// <param name="groups">Of as many channels each.</param>
internal sealed class GroupNormNode(MapNode input, string name, int groups) : UnaryNode(input, name, input.Channels, input.Reduction)
{
    public override MapNode? InPlaceOf => Input;

    public int Groups => groups;
}

/// <summary>
/// 1 × 1 convolutions of a map's means over the cells of a grid (PyTorch's <c>adaptive_avg_pool2d</c>), interpolated to the map's resolution, the corners' centres upon each
/// other; plus another map.
/// </summary>
/// <param name="input">The map.</param>
/// <param name="name">What messages call it.</param>
/// <param name="grid">Cells along each side.</param>
/// <param name="convolutions">The first as if it were one of the map, the others of each other.</param>
/// <param name="added">What it is added to, in place; null: nothing.</param>
internal sealed class ContextNode(MapNode input, string name, int grid, IReadOnlyList<ConvolutionNode> convolutions, MapNode? added = null)
    : MapNode(name, convolutions[^1].Channels, input.Reduction)
{
    public MapNode Input => input;

    public int Grid => grid;

    public IReadOnlyList<ConvolutionNode> Convolutions => convolutions;

    public override MapNode? InPlaceOf => added;

    public override IReadOnlyList<MapNode> Sources => added is null ? [input] : [input, added];
}

/// <summary>Weights of channels: the logistic function of 1 × 1 convolutions of a map's mean over all its pixels.</summary>
/// <param name="Input">The map.</param>
/// <param name="Convolutions">The first as if it were one of the map, the others of each other.</param>
internal sealed record ChannelGate(MapNode Input, IReadOnlyList<ConvolutionNode> Convolutions);

/// <summary>A map with each channel weighed.</summary>
/// <param name="input">The map.</param>
/// <param name="name">What messages call it.</param>
/// <param name="gates">Whose weights are added up.</param>
internal sealed class ChannelWeightNode(MapNode input, string name, IReadOnlyList<ChannelGate> gates) : MapNode(name, input.Channels, input.Reduction)
{
    public IReadOnlyList<ChannelGate> Gates => gates;

    public override MapNode? InPlaceOf => input;

    /// <summary>The map, and then that of each gate.</summary>
    public override IReadOnlyList<MapNode> Sources => [input, .. gates.Select(gate => gate.Input)];
}

/// <summary>A map with each pixel weighed.</summary>
/// <param name="input">The map.</param>
/// <param name="name">What messages call it.</param>
/// <param name="weights">A map of one channel.</param>
internal sealed class PixelWeightNode(MapNode input, string name, MapNode weights) : MapNode(name, input.Channels, input.Reduction)
{
    public MapNode Weights => weights;

    public override MapNode? InPlaceOf => input;

    public override IReadOnlyList<MapNode> Sources => [input, weights];
}

/// <summary>A convolution of each channel by itself, of 3 × 3 taps and as many zeros around as keep the size; by choice the Gaussian error linear unit of it.</summary>
internal sealed class DepthwiseNode(MapNode input, string name, int dilation, bool bias, bool gelu) : UnaryNode(input, name, input.Channels, input.Reduction)
{
    /// <summary>Rows and columns of taps.</summary>
    public const int Kernel = 3;

    public int Dilation => dilation;

    /// <summary>Whether it has constants.</summary>
    public bool HasBias => bias;

    public bool Gelu => gelu;

    /// <summary>What it is a part of; null: it is whole.</summary>
    public KernelPart? Part { get; init; }
}

/// <summary>A map with each pixel's channels normalized.</summary>
internal sealed class LayerNormNode(MapNode input, string name, double epsilon) : UnaryNode(input, name, input.Channels, input.Reduction)
{
    /// <summary>Added to the variance.</summary>
    public double Epsilon => epsilon;
}

/// <summary>Attention of every pixel of a map to every pixel of another.</summary>
/// <param name="name">What messages call it.</param>
/// <param name="queries">[head][channel] at each pixel.</param>
/// <param name="keysValues">[key, value][head][channel] at each pixel.</param>
/// <param name="heads">Heads, each of as many channels.</param>
internal sealed class AttentionNode(string name, MapNode queries, MapNode keysValues, int heads) : MapNode(name, queries.Channels, queries.Reduction)
{
    public MapNode Queries => queries;

    public MapNode KeysValues => keysValues;

    public int Heads => heads;

    public override IReadOnlyList<MapNode> Sources => [queries, keysValues];
}

/// <summary>
/// A map plus what all its positions see, as smp's MA-Net has it: softmax, over all pairs of positions together, of query · key, times the values; that is
/// [position][channel] and is taken for [channel][position].
/// </summary>
/// <param name="name">What messages call it.</param>
/// <param name="input">The map.</param>
/// <param name="queries">Of each position.</param>
/// <param name="keys">Likewise, of as many channels.</param>
/// <param name="values">Likewise, of the map's channels.</param>
internal sealed class PositionAttentionNode(string name, MapNode input, MapNode queries, MapNode keys, MapNode values) : MapNode(name, input.Channels, input.Reduction)
{
    public MapNode Queries => queries;

    public override IReadOnlyList<MapNode> Sources => [input, queries, keys, values];
}
