using Flair.Torch;

namespace Flair.Training;

/// <summary>Stochastic gradient descent as FLAIR-1 has it (<c>torch.optim.SGD</c> without momentum or decay): p ← p − rate · gradient.</summary>
/// <param name="parameters">What it changes; they stay the network's.</param>
internal sealed class SgdOptimizer(IReadOnlyList<Tensor> parameters)
{
    /// <summary>Changes every parameter by the gradient that the backward pass left in it, and frees the gradient.</summary>
    public void Step(double learningRate)
    {
        // A parameter that requires a gradient may be changed in place only while nothing is recorded.
        var recording = LibTorch.GradMode;
        LibTorch.GradMode = GradMode.None;
        try
        {
            foreach (var parameter in parameters)
            {
                using var gradient = parameter.Gradient();
                if (gradient is null)
                    continue;
                parameter.Add_(gradient, -learningRate);
                parameter.ClearGradient_();
            }
        }
        finally
        {
            LibTorch.GradMode = recording;
        }
    }
}
