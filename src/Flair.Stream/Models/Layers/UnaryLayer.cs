using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>A layer that maps one tensor to one.</summary>
internal abstract class UnaryLayer : Layer
{
    /// <summary>Computes a new tensor, the caller's. The input stays as it is.</summary>
    public abstract Tensor Forward(Plan plan, Tensor input);
}
