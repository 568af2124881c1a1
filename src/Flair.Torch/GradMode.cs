namespace Flair.Torch;

/// <summary>Whether operators record what a backward pass needs.</summary>
public enum GradMode
{
    /// <summary>Nothing is recorded (<c>torch.no_grad</c>).</summary>
    None = 0,

    /// <summary>Operations on tensors that require gradients are recorded.</summary>
    Record = 1,

    /// <summary>Nothing is recorded and results can never take part in a recording (<c>torch.inference_mode</c>).</summary>
    Inference = 2,
}
