using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models;

/// <summary>A network whose weights change. One thread at a time; dispose it to free the weights.</summary>
public interface ITrainableNetwork : IDisposable
{
    /// <summary>
    /// Whether it computes as in training (batch statistics, dropout) or as in use (stored statistics). As PyTorch's <c>train()</c> and
    /// <c>eval()</c>; false at first.
    /// </summary>
    bool Training { get; set; }

    /// <summary>What an optimizer changes, in the order of PyTorch's <c>parameters()</c>. The tensors are the network's.</summary>
    IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>Maps [n, channels, h, w] float32, normalized, to logits [n, classes, h, w] float32. Recorded where the calling thread's <see cref="LibTorch.GradMode"/> says so.</summary>
    /// <param name="input">On any device.</param>
    /// <param name="metadata">[n, 45] for a network made with metadata; else null.</param>
    /// <exception cref="FlairException">The input's shape does not fit.</exception>
    Tensor Forward(Tensor input, Tensor? metadata = null);

    /// <summary>A copy of the weights as they are now, in the order of PyTorch's state dict.</summary>
    /// <param name="batches">Batches it was trained with since it was made, added to the counters of its batch normalizations.</param>
    StateDict Export(long batches);
}
