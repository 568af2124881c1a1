using Flair.Fusion;
using Flair.Models.Graphs;

namespace Flair.Calibrating;

/// <summary>
/// Decides the steps of bytes from the ranges that were seen. Every channel has a step of its own: the producing convolution scales its outputs
/// and the next one's kernel takes the steps up, so they cost nothing. Pulling them half-way (in the logarithm) to the largest keeps both the
/// activations' and the kernels' rounding small (Xiao et al. 2023 do the same with language models). Maps that are added to each other share
/// their steps up to one factor, as a sum is made in place.
/// </summary>
internal static class QuantizationScheme
{
    /// <summary>Changes when the same ranges give other steps, of maps or of kernels; part of a run's fingerprint.</summary>
    public const int Version = 3;

    // Of a channel's own range in its step, the rest being the map's: 1 for steps by channel, 0 for one step a map.
    private const double OwnShare = 0.5;

    // A channel that was silent on the calibration windows need not be on others.
    private const float LeastShare = 1e-3f;

    // A map that was silent altogether, or almost: its steps and their inverses stay ordinary numbers.
    private const float LeastRange = 1e-20f;

    /// <summary>The steps of every map that is in bytes.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="largest">Largest absolute value by convolution and channel.</param>
    /// <param name="convolutions">Names of the convolutions computed in bytes.</param>
    public static Quantization Create(NetworkGraph graph, IReadOnlyDictionary<string, float[]> largest, IReadOnlySet<string> convolutions)
    {
        var ranges = graph.Convolutions.Where(node => node != graph.Output).ToDictionary(node => node, node => Pull(largest[node.Name]));
        foreach (var group in Groups(graph))
            Share([.. group], ranges);
        return new(
            convolutions,
            ranges.ToDictionary(pair => pair.Key.Name, pair => pair.Value.Select(range => (float)(range / (pair.Key.Relu ? byte.MaxValue : QuantizedKernel.Largest))).ToArray()));
    }

    /// <summary>
    /// Names of the convolutions that can be computed in bytes: those of maps that are convolutions' and not negative, plus nothing, or what the same steps can be found
    /// for. The first is none, as its input is the window.
    /// </summary>
    public static IEnumerable<string> Candidates(NetworkGraph graph) =>
        graph.Convolutions.Where(node => IsOfBytes(node.Input) && node.Part is null && (node.Added is null || Origin(node.Added) is not null)).Select(node => node.Name);

    private static bool IsOfBytes(MapNode node) => node switch
    {
        ConvolutionNode convolution => convolution.Relu,
        MaxPoolNode or UpsampleNode => node.Sources.All(IsOfBytes),
        _ => false,
    };

    private static double[] Pull(float[] largest)
    {
        double top = Math.Max(largest.Max(), LeastRange);
        return [.. largest.Select(range => top * Math.Pow(Math.Max(range / top, LeastShare), OwnShare))];
    }

    /// <summary>Sets of convolutions whose results are added to each other, directly or by way of others.</summary>
    private static IEnumerable<IGrouping<ConvolutionNode, ConvolutionNode>> Groups(NetworkGraph graph)
    {
        var first = new Dictionary<ConvolutionNode, ConvolutionNode>();
        foreach (var node in graph.Convolutions.Where(node => node.Part is null))
            first[node] = node.Added is { } added && Origin(added) is { } origin ? first[origin] : node;
        return first.GroupBy(pair => pair.Value, pair => pair.Key).Where(group => group.Count() > 1);
    }

    /// <summary>The convolution whose result a map is, as it is or pooled; null: it is none's.</summary>
    private static ConvolutionNode? Origin(MapNode node) => node switch
    {
        ConvolutionNode convolution => convolution,
        MaxPoolNode pool => Origin(pool.Input),
        _ => null,
    };

    /// <summary>Gives maps the same steps up to a factor: the geometric mean of their shapes, as large as each needs it.</summary>
    private static void Share(IReadOnlyList<ConvolutionNode> nodes, Dictionary<ConvolutionNode, double[]> ranges)
    {
        var shape = new double[nodes[0].Channels];
        foreach (var node in nodes)
        {
            var mean = ranges[node].Average(Math.Log);
            for (var c = 0; c < shape.Length; c++)
                shape[c] += (Math.Log(ranges[node][c]) - mean) / nodes.Count;
        }

        for (var c = 0; c < shape.Length; c++)
            shape[c] = Math.Exp(shape[c]);
        foreach (var node in nodes)
        {
            var factor = ranges[node].Zip(shape, (range, of) => range / of).Max();
            ranges[node] = [.. shape.Select(of => of * factor)];
        }
    }
}
