using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>The root of a tree of layers.</summary>
internal abstract class NetworkLayer : Layer
{
    /// <summary>Maps [n, channels, h, w] of the plan's type, order and device to logits [n, classes, h, w]. The input stays the caller's.</summary>
    /// <param name="plan">The weights.</param>
    /// <param name="input">The windows.</param>
    /// <param name="metadata">[n, 45] of the plan's type on its device, for a network with metadata; else null.</param>
    public abstract Tensor Forward(Plan plan, Tensor input, Tensor? metadata);

    /// <summary>Checks the shapes of what <see cref="Forward"/> is to be given.</summary>
    /// <exception cref="FlairException">They do not fit.</exception>
    public abstract void Check(IReadOnlyList<long> input, IReadOnlyList<long>? metadata);

    /// <summary>The network as a graph; null where it computes what a graph has no nodes for.</summary>
    public virtual NetworkGraph? Trace() => null;
}
