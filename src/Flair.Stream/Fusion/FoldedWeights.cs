using Flair.Checkpoints;
using Flair.Models.Graphs;
using Flair.Models.Layers;

namespace Flair.Fusion;

/// <summary>A convolution's kernel and bias with what goes before or after it folded in.</summary>
/// <param name="Kernel">[out][in][row][column].</param>
/// <param name="Bias">One an output channel.</param>
internal sealed record FoldedWeights(float[] Kernel, float[] Bias)
{
    /// <summary>
    /// Reads a convolution and folds its normalization in: with s = weight / √(variance + ε) by output channel the kernel becomes s·w and the
    /// bias b becomes bias + s·(b − mean), computed in double precision.
    /// </summary>
    /// <param name="weights">The state dict; it has the tensors of the graph's network.</param>
    /// <param name="node">The convolution.</param>
    public static FoldedWeights Read(StateDict weights, ConvolutionNode node)
    {
        var kernel = TensorValues.Singles(weights[$"{node.Name}.weight"]);
        var bias = node.HasBias ? TensorValues.Singles(weights[$"{node.Name}.bias"]) : new float[node.Channels];
        if (node.Norm is not { } norm)
            return new(kernel, bias);
        var (weight, shift) = (TensorValues.Singles(weights[$"{norm}.weight"]), TensorValues.Singles(weights[$"{norm}.bias"]));
        var (mean, variance) = (TensorValues.Singles(weights[$"{norm}.running_mean"]), TensorValues.Singles(weights[$"{norm}.running_var"]));
        var each = kernel.Length / node.Channels;
        for (var o = 0; o < node.Channels; o++)
        {
            var scale = weight[o] / Math.Sqrt(variance[o] + BatchNorm.Epsilon);
            bias[o] = (float)(shift[o] + (scale * (bias[o] - mean[o])));
            foreach (ref var value in kernel.AsSpan(o * each, each))
                value = (float)(value * scale);
        }

        return new(kernel, bias);
    }

    /// <summary>The weights that do with scaled values what these do with normalized ones, but for the zeros around the window, which become −shift / scale.</summary>
    public FoldedWeights Scale(InputScaling scaling)
    {
        var inputs = scaling.Scale.Length;
        var taps = Kernel.Length / Bias.Length / inputs;
        var (kernel, bias) = (new float[Kernel.Length], new float[Bias.Length]);
        for (var o = 0; o < bias.Length; o++)
        {
            double sum = Bias[o];
            for (var i = 0; i < inputs; i++)
            {
                for (var t = 0; t < taps; t++)
                {
                    var at = (((o * inputs) + i) * taps) + t;
                    kernel[at] = Kernel[at] * scaling.Scale[i];
                    sum += (double)Kernel[at] * scaling.Shift[i];
                }
            }

            bias[o] = (float)sum;
        }

        return new(kernel, bias);
    }
}
