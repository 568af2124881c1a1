using Flair.Torch;

namespace Flair.Models;

/// <summary>A network with its weights, ready to run. One thread at a time; dispose it to free the weights.</summary>
public interface INetwork : IDisposable
{
    /// <summary>Maps [n, channels, h, w] float32, normalized, to logits [n, classes, h, w] float32, in the network's memory format and on its device.</summary>
    /// <param name="input">On any device; not changed and not disposed. Height and width are among the architecture's <see cref="IArchitecture.Sizes"/>.</param>
    /// <param name="metadata">For a network made with metadata the aerial metadata, [n, 45] float32; then the input is [n, channels, 512, 512]. Else null.</param>
    /// <returns>A tensor of the caller's.</returns>
    /// <exception cref="FlairException">The input's shape does not fit.</exception>
    Tensor Forward(Tensor input, Tensor? metadata = null);
}
