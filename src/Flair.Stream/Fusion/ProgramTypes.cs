using Flair.Models.Graphs;
using Flair.OneDnn;

namespace Flair.Fusion;

/// <summary>In which types a network is computed.</summary>
/// <param name="Wide">Float32 or BFloat16: the type of everything that is not in bytes.</param>
/// <param name="Quantization">Which convolutions are computed in bytes; null: none.</param>
internal sealed record ProgramTypes(MapType Wide, Quantization? Quantization = null)
{
    /// <summary>Single precision throughout.</summary>
    public static ProgramTypes Single { get; } = new(MapType.Float32);

    /// <summary>The type that a convolution's input has.</summary>
    public MapType InputOf(ConvolutionNode node) => Quantization?.Convolutions.Contains(node.Name) == true ? MapType.UInt8 : Wide;
}

/// <summary>What is computed in bytes, and what a byte is worth.</summary>
/// <param name="Convolutions">Names of the convolutions whose input and kernel are bytes.</param>
/// <param name="Steps">By name of a map: one step a channel; the value of a byte b is b × step. Of every map that such a convolution reads or adds.</param>
/// <param name="First">Whether the convolution that reads the window, which is not among <paramref name="Convolutions"/>, is computed in bytes where the window is one of bytes.</param>
internal sealed record Quantization(IReadOnlySet<string> Convolutions, IReadOnlyDictionary<string, float[]> Steps, bool First = false)
{
    /// <summary>The steps of a map: its own, or those of what it is put together from.</summary>
    public float[] StepsOf(MapNode node) => node switch
    {
        MaxPoolNode pool => StepsOf(pool.Input),
        UpsampleNode upsample => [.. upsample.Sources.SelectMany(StepsOf)],
        _ => Steps[node.Name],
    };
}
