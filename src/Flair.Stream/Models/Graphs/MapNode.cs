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
}

/// <summary>The network's input.</summary>
internal sealed class InputNode(int channels) : MapNode("input", channels, 1)
{
    public override IReadOnlyList<MapNode> Sources => [];
}

/// <summary>A convolution with its normalization folded in, plus another map, plus a ReLU.</summary>
internal sealed class ConvolutionNode(
    MapNode input, string name, int outputs, int kernel, int stride, int dilation, MapNode? added, bool relu, string? norm = null, bool bias = true)
    : MapNode(name, outputs, input.Reduction * stride)
{
    public MapNode Input => input;

    /// <summary>The kernel's side.</summary>
    public int Kernel => kernel;

    public int Stride => stride;

    public int Dilation => dilation;

    /// <summary>Zeros around the input that keep the size at stride 1.</summary>
    public int Padding => kernel / 2 * dilation;

    /// <summary>A map of the same shape that is added before the ReLU.</summary>
    public MapNode? Added => added;

    /// <summary>Whether what is negative becomes 0.</summary>
    public bool Relu => relu;

    /// <summary>Name in the state dict of the normalization that is folded into it; null: none is.</summary>
    public string? Norm => norm;

    /// <summary>Whether the convolution has a constant of its own.</summary>
    public bool HasBias => bias;

    public override IReadOnlyList<MapNode> Sources => added is null ? [input] : [input, added];
}

/// <summary>The largest of 3 × 3 with stride 2.</summary>
internal sealed class MaxPoolNode(MapNode input) : MapNode($"{input.Name}.pool", input.Channels, input.Reduction * 2)
{
    public MapNode Input => input;

    public override IReadOnlyList<MapNode> Sources => [input];
}

/// <summary>A map at twice its resolution (nearest neighbour), with others' channels beside it.</summary>
internal sealed class UpsampleNode(string name, MapNode below, IReadOnlyList<MapNode> beside)
    : MapNode(name, below.Channels + beside.Sum(map => map.Channels), below.Reduction / 2)
{
    public MapNode Below => below;

    public IReadOnlyList<MapNode> Beside => beside;

    public override IReadOnlyList<MapNode> Sources => [below, .. beside];
}
