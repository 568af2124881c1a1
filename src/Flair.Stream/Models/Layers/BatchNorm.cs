using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>
/// PyTorch's <c>BatchNorm2d</c> behind a convolution. An optimized plan folds it into the convolution: with s = weight / √(variance + ε) by
/// output channel the kernel becomes s·w and the bias b becomes bias + s·(b − mean), computed in double precision.
/// </summary>
internal sealed class BatchNorm(string name, int channels)
{
    // PyTorch's default.
    public const double Epsilon = 1e-5;

    private readonly string _weight = $"{name}.weight";
    private readonly string _bias = $"{name}.bias";
    private readonly string _mean = $"{name}.running_mean";
    private readonly string _variance = $"{name}.running_var";

    /// <summary>Its part of the state dict, in order.</summary>
    public IEnumerable<ParameterSpec> Parameters =>
    [
        new(_weight, [channels], ScalarType.Float32),
        new(_bias, [channels], ScalarType.Float32),
        new(_mean, [channels], ScalarType.Float32),
        new(_variance, [channels], ScalarType.Float32),
        new($"{name}.num_batches_tracked", [], ScalarType.Int64),
    ];

    /// <summary>The normalized map. Not for a plan that has it folded.</summary>
    /// <exception cref="FlairException">In training: a channel has one value only, which is no batch.</exception>
    public Tensor Normalize(Plan plan, Tensor x)
    {
        if (!plan.Training)
            return x.BatchNorm(plan[_weight], plan[_bias], plan[_mean], plan[_variance], Epsilon);
        if (x.Shape[0] * x.Shape[2] * x.Shape[3] == 1)
            throw new FlairException($"'{name}' has a single value a channel to normalize in training; take a batch_size of 2 or more");
        return x.BatchNormTraining(plan[_weight], plan[_bias], plan[_mean], plan[_variance], epsilon: Epsilon);
    }

    /// <summary>What the folded kernel is multiplied with, by output channel, and the folded bias. Both are in double precision and the caller's.</summary>
    /// <param name="source">The plan it is in.</param>
    /// <param name="bias">The convolution's own bias; null: none.</param>
    public (Tensor Scale, Tensor Bias) Fold(Plan source, Tensor? bias)
    {
        using var weight = source[_weight].To(TorchScalarType.Float64);
        using var variance = source[_variance].To(TorchScalarType.Float64);
        using var shifted = variance.Add(Epsilon);
        using var inverse = shifted.Rsqrt();
        using var mean = source[_mean].To(TorchScalarType.Float64);
        using var own = bias?.To(TorchScalarType.Float64);
        using var centre = own is null ? mean.Mul(-1) : own.Sub(mean);
        using var constant = source[_bias].To(TorchScalarType.Float64);
        var scale = inverse.Mul(weight);
        using var offset = centre.Mul(scale);
        return (scale, constant.Add(offset));
    }
}
