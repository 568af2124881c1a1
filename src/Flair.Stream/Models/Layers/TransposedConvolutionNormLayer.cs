using Flair.Checkpoints;
using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>A transposed convolution of 4×4 taps that doubles the resolution, its batch normalization and a ReLU.</summary>
internal sealed class TransposedConvolutionNormLayer(string convolution, string norm, int inputs, int outputs) : UnaryLayer
{
    private readonly string _kernel = $"{convolution}.weight";
    private readonly string _bias = $"{convolution}.bias";
    private readonly BatchNorm _norm = new(norm, outputs);

    public override IEnumerable<ParameterSpec> Parameters =>
    [
        new(_kernel, [inputs, outputs, TransposedConvolutionNode.Kernel, TransposedConvolutionNode.Kernel], ScalarType.Float32) { IsTransposed = true },
        new(_bias, [outputs], ScalarType.Float32) { IsTransposed = true },
        .. _norm.Parameters,
    ];

    public override void Optimize(Plan source, Plan target)
    {
        var (scale, folded) = _norm.Fold(source, source[_bias]);
        using (scale)
        {
            using var scaleByKernel = scale.Reshape(1, -1, 1, 1);
            using var kernels = source[_kernel].To(TorchScalarType.Float64);
            target.Add(_kernel, kernels.Mul(scaleByKernel));
            target.Add(_bias, folded);
        }
    }

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input) => graph.Add(new TransposedConvolutionNode(input, convolution, outputs, norm));

    public override Tensor Forward(Plan plan, Tensor input)
    {
        // On the CPU in bf16 libtorch 1.13 gives a map of the wrong size.
        var type = input.IsOnHost ? TorchScalarType.Float32 : plan.Type;
        using var converted = input.To(type);
        using var kernel = plan[_kernel].To(type);
        using var bias = plan[_bias].To(type);
        using var x = new TensorSlot(converted.ConvTranspose2d(kernel, bias, TransposedConvolutionNode.Stride, TransposedConvolutionNode.Padding));
        x.Put(x.Value.To(plan.Type));
        if (!plan.Folded)
            x.Put(_norm.Normalize(plan, x.Value));
        x.Value.Relu_();
        return x.Take();
    }
}
