using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>The root of a tree of layers.</summary>
internal abstract class NetworkLayer : Layer
{
    /// <summary>Maps [n, channels, h, w] of the plan's type, order and device to logits [n, classes, h, w]. The input stays the caller's.</summary>
    public abstract Tensor Forward(Plan plan, Tensor input);
}
