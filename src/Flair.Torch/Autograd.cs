using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Gradients. Operators record for the backward pass only under <see cref="GradMode.Record"/>.</summary>
public static class Autograd
{
    /// <summary>Whether a backward pass is to leave a gradient in this tensor, which no recorded operator made.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TorchException">It is the result of a recorded operator, or not of a floating-point type.</exception>
    public static Tensor RequireGradient_(this Tensor tensor, bool require = true)
    {
        Native.Check(Native.RequiresGrad(tensor, require ? 1 : 0), nameof(RequireGradient_));
        return tensor;
    }

    /// <summary>
    /// Adds the derivative of this scalar by every tensor that requires a gradient to that tensor's <see cref="Gradient"/>, and frees what was
    /// recorded.
    /// </summary>
    /// <exception cref="TorchException">It is no scalar, or nothing was recorded.</exception>
    public static void Backward(this Tensor loss) => Native.Check(Native.Backward(loss), nameof(Backward));

    /// <summary>The gradient that backward passes left; null where there is none. Another reference to it, to be disposed.</summary>
    public static Tensor? Gradient(this Tensor tensor) =>
        Native.Grad(tensor) is var found && found != 0 ? new Tensor(found) : Native.HasFailed ? throw Native.Failure(nameof(Gradient)) : null;

    /// <summary>Frees the gradient, so that the next backward pass starts from nothing.</summary>
    public static void ClearGradient_(this Tensor tensor) => Native.Check(Native.ClearGrad(tensor), nameof(ClearGradient_));
}
