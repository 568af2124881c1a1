using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>What a training minimizes.</summary>
public static class Loss
{
    private const int Mean = 1;

    private static readonly Op s_crossEntropy = new("aten::cross_entropy_loss");

    /// <summary>
    /// The mean cross-entropy of logits [n,c,h,w] and classes [n,h,w] (Int64, from 0), as PyTorch's <c>CrossEntropyLoss</c>: with weights by
    /// class, the sum of weight · −log softmax over the sum of the weights.
    /// </summary>
    /// <returns>A scalar; NaN where all weights are 0.</returns>
    public static Tensor CrossEntropy(this Tensor logits, Tensor classes, Tensor? weights = null) => s_crossEntropy.Run(logits, classes, weights, Mean);
}
