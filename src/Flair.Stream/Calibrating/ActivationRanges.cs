using Flair.Models.Graphs;

namespace Flair.Calibrating;

/// <summary>The largest absolute value that each channel of each convolution's result took, over the windows seen.</summary>
internal sealed class ActivationRanges
{
    private readonly Dictionary<string, float[]> _largest = new(StringComparer.Ordinal);

    /// <summary>By the convolution's name.</summary>
    public IReadOnlyDictionary<string, float[]> Largest => _largest;

    /// <summary>Takes a map into account; see <see cref="Fusion.MapObserver"/>.</summary>
    public void Observe(MapNode node, ReadOnlySpan<float> values)
    {
        if (node is not ConvolutionNode)
            return;
        if (!_largest.TryGetValue(node.Name, out var largest))
            _largest.Add(node.Name, largest = new float[node.Channels]);
        for (var i = 0; i < values.Length; i += largest.Length)
        {
            for (var c = 0; c < largest.Length; c++)
                largest[c] = Math.Max(largest[c], Math.Abs(values[i + c]));
        }
    }
}
