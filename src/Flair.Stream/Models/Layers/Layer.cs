using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>
/// A part of a network without its weights: it knows the names and shapes of its parameters and how to compute with those of a
/// <see cref="Plan"/>. One tree of layers serves every plan made of it, so the forward pass is written once.
/// </summary>
internal abstract class Layer
{
    /// <summary>The parts it is made of, in the order of PyTorch's state dict; none for a layer with parameters of its own.</summary>
    public virtual IEnumerable<Layer> Children => [];

    /// <summary>Its part of the state dict, in order.</summary>
    public virtual IEnumerable<ParameterSpec> Parameters => Children.SelectMany(child => child.Parameters);

    /// <summary>Adds what its forward pass reads in an optimized plan. A layer that has nothing to simplify copies its parameters.</summary>
    public virtual void Optimize(Plan source, Plan target)
    {
        var isLeaf = true;
        foreach (var child in Children)
        {
            isLeaf = false;
            child.Optimize(source, target);
        }

        if (!isLeaf)
            return;
        foreach (var parameter in Parameters)
            target.Add(parameter.Name, source[parameter.Name].Clone());
    }
}
