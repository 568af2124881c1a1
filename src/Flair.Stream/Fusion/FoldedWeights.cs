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
    /// Reads what a map is made with. A convolution's normalization is folded in: with s = weight / √(variance + ε) by output channel the kernel becomes s·w and the
    /// bias b becomes bias + s·(b − mean), computed in double precision. A normalization of groups or pixels has its factors in place of a kernel.
    /// </summary>
    /// <param name="weights">The state dict; it has the tensors of the graph's network.</param>
    /// <param name="node">The convolution or the normalization.</param>
    public static FoldedWeights Read(StateDict weights, MapNode node)
    {
        switch (node)
        {
            case ConvolutionNode { Part: { } part } convolution:
                return ReadWhole(weights, convolution, part.Convolution).Take(part, convolution.Input.Channels);
            case ConvolutionNode convolution:
                return ReadWhole(weights, convolution, convolution.Name);
            case TransposedConvolutionNode transposed:
                return ReadTransposed(weights, transposed);
            case DepthwiseNode depthwise:
                return ReadDepthwise(weights, depthwise);
            case GroupNormNode or LayerNormNode:
                return new(TensorValues.Singles(weights[$"{node.Name}.weight"]), TensorValues.Singles(weights[$"{node.Name}.bias"]));
            default:
                throw new InvalidOperationException($"'{node.Name}' has no weights");
        }
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

    private static FoldedWeights ReadWhole(StateDict weights, ConvolutionNode node, string name)
    {
        var kernel = TensorValues.Singles(weights[$"{name}.weight"]);
        var bias = node.HasBias ? TensorValues.Singles(weights[$"{name}.bias"]) : new float[node.Channels];
        if (node.Norm is { } norm)
            Fold(weights, norm, kernel, bias);
        return new(kernel, bias);
    }

    private static FoldedWeights ReadTransposed(StateDict weights, TransposedConvolutionNode node)
    {
        const int Taps = TransposedConvolutionNode.Kernel * TransposedConvolutionNode.Kernel;
        var (stored, bias) = (TensorValues.Singles(weights[$"{node.Name}.weight"]), TensorValues.Singles(weights[$"{node.Name}.bias"]));
        var (inputs, outputs) = (node.Input.Channels, node.Channels);
        var kernel = new float[stored.Length];
        for (var i = 0; i < inputs; i++)
        {
            for (var o = 0; o < outputs; o++)
                stored.AsSpan(((i * outputs) + o) * Taps, Taps).CopyTo(kernel.AsSpan(((o * inputs) + i) * Taps));
        }

        Fold(weights, node.Norm, kernel, bias);
        return new(kernel, bias);
    }

    private static void Fold(StateDict weights, string norm, float[] kernel, float[] bias)
    {
        var (weight, shift) = (TensorValues.Singles(weights[$"{norm}.weight"]), TensorValues.Singles(weights[$"{norm}.bias"]));
        var (mean, variance) = (TensorValues.Singles(weights[$"{norm}.running_mean"]), TensorValues.Singles(weights[$"{norm}.running_var"]));
        var each = kernel.Length / bias.Length;
        for (var o = 0; o < bias.Length; o++)
        {
            var scale = weight[o] / Math.Sqrt(variance[o] + BatchNorm.Epsilon);
            bias[o] = (float)(shift[o] + (scale * (bias[o] - mean[o])));
            foreach (ref var value in kernel.AsSpan(o * each, each))
                value = (float)(value * scale);
        }
    }

    private static FoldedWeights ReadDepthwise(StateDict weights, DepthwiseNode node)
    {
        var (name, first) = (node.Part?.Convolution ?? node.Name, node.Part?.First ?? 0);
        const int Taps = DepthwiseNode.Kernel * DepthwiseNode.Kernel;
        var kernel = TensorValues.Singles(weights[$"{name}.weight"]).AsSpan(first * Taps, node.Channels * Taps).ToArray();
        return new(kernel, node.HasBias ? TensorValues.Singles(weights[$"{name}.bias"])[first..(first + node.Channels)] : new float[node.Channels]);
    }

    private FoldedWeights Take(KernelPart part, int inputs)
    {
        var taps = Kernel.Length / Bias.Length / part.Inputs;
        var kernel = new float[Bias.Length * inputs * taps];
        for (var o = 0; o < Bias.Length; o++)
            Kernel.AsSpan(((o * part.Inputs) + part.First) * taps, inputs * taps).CopyTo(kernel.AsSpan(o * inputs * taps));
        return new(kernel, part.HasBias ? Bias : new float[Bias.Length]);
    }
}
