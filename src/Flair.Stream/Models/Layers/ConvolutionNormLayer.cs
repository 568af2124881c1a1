using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>
/// A convolution without bias, its batch normalization and, by choice, a ReLU: the unit that ResNets and smp's decoders are made of.
/// An optimized plan folds the normalization into the convolution: with s = weight / √(variance + ε) by output channel the kernel
/// becomes s·w and the bias becomes bias − s·mean, computed in double precision.
/// </summary>
internal sealed class ConvolutionNormLayer(
    string convolution, string norm, int inputs, int outputs, int kernel, int stride = 1, int dilation = 1, bool relu = true) : UnaryLayer
{
    // PyTorch's default for BatchNorm2d.
    private const double Epsilon = 1e-5;

    private readonly string _kernel = $"{convolution}.weight";
    private readonly string _foldedBias = $"{convolution}.bias";
    private readonly string _weight = $"{norm}.weight";
    private readonly string _bias = $"{norm}.bias";
    private readonly string _mean = $"{norm}.running_mean";
    private readonly string _variance = $"{norm}.running_var";

    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new(_kernel, [outputs, inputs, kernel, kernel], ScalarType.Float32),
        new(_weight, [outputs], ScalarType.Float32),
        new(_bias, [outputs], ScalarType.Float32),
        new(_mean, [outputs], ScalarType.Float32),
        new(_variance, [outputs], ScalarType.Float32),
        new($"{norm}.num_batches_tracked", [], ScalarType.Int64),
    ];

    public override void Optimize(Plan source, Plan target)
    {
        using var weight = source[_weight].To(TorchScalarType.Float64);
        using var variance = source[_variance].To(TorchScalarType.Float64);
        using var shifted = variance.Add(Epsilon);
        using var inverse = shifted.Rsqrt();
        using var scale = inverse.Mul(weight);
        using var scaleByKernel = scale.Reshape(-1, 1, 1, 1);
        using var kernels = source[_kernel].To(TorchScalarType.Float64);
        using var mean = source[_mean].To(TorchScalarType.Float64);
        using var offset = mean.Mul(scale);
        using var bias = source[_bias].To(TorchScalarType.Float64);
        target.Add(_kernel, kernels.Mul(scaleByKernel));
        target.Add(_foldedBias, bias.Sub(offset));
    }

    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var x = new TensorSlot(input.Conv2d(plan[_kernel], plan.Folded ? plan[_foldedBias] : null, stride, kernel / 2 * dilation, dilation));
        if (!plan.Folded)
            x.Put(Normalize(plan, x.Value));
        if (relu)
            x.Value.Relu_();
        return x.Take();
    }

    private Tensor Normalize(Plan plan, Tensor x) => plan.Training
        ? x.BatchNormTraining(plan[_weight], plan[_bias], plan[_mean], plan[_variance], epsilon: Epsilon)
        : x.BatchNorm(plan[_weight], plan[_bias], plan[_mean], plan[_variance], Epsilon);
}
