using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Normalization layers.</summary>
public static class Normalization
{
    private static readonly Op s_batchNorm = new("aten::batch_norm");
    private static readonly Op s_layerNorm = new("aten::layer_norm");
    private static readonly Op s_groupNorm = new("aten::group_norm");

    /// <summary>(x − mean) / √(variance + epsilon) · weight + bias, by channel, with stored statistics.</summary>
    public static Tensor BatchNorm(this Tensor input, Tensor? weight, Tensor? bias, Tensor mean, Tensor variance, double epsilon = 1e-5) =>
        s_batchNorm.Run(input, weight, bias, mean, variance, false, 0.1, epsilon, false);

    /// <summary>
    /// Batch normalization in training: by channel with the batch's own mean and variance. The running statistics move towards them,
    /// in place: new = (1 − momentum) · old + momentum · batch's, the variance unbiased.
    /// </summary>
    public static Tensor BatchNormTraining(
        this Tensor input, Tensor? weight, Tensor? bias, Tensor runningMean, Tensor runningVariance, double momentum = 0.1, double epsilon = 1e-5) =>
        s_batchNorm.Run(input, weight, bias, runningMean, runningVariance, true, momentum, epsilon, false);

    /// <summary>Normalizes over the last dimensions, those of <paramref name="shape"/>.</summary>
    public static Tensor LayerNorm(this Tensor input, long[] shape, Tensor? weight, Tensor? bias, double epsilon = 1e-5) =>
        s_layerNorm.Run(input, shape, weight, bias, epsilon);

    /// <summary>Normalizes over groups of channels and all positions.</summary>
    public static Tensor GroupNorm(this Tensor input, int groups, Tensor? weight, Tensor? bias, double epsilon = 1e-5) =>
        s_groupNorm.Run(input, groups, weight, bias, epsilon);
}
