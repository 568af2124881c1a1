using Flair.Checkpoints;
using Flair.Models.Graphs;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>A convolution, its batch normalization and, by choice, a ReLU: the unit that ResNets and smp's decoders are made of.</summary>
/// <param name="convolution">The convolution's prefix in the state dict.</param>
/// <param name="norm">The normalization's.</param>
/// <param name="inputs">Channels that enter.</param>
/// <param name="outputs">Channels that leave.</param>
/// <param name="kernel">The kernel's side; at stride 1 the size stays.</param>
/// <param name="stride">The output has 1/stride of the resolution.</param>
/// <param name="dilation">Pixels from one tap of the kernel to the next.</param>
/// <param name="relu">Whether what is negative becomes 0.</param>
/// <param name="bias">Whether the convolution adds a constant, which the normalization takes away again.</param>
internal sealed class ConvolutionNormLayer(
    string convolution, string norm, int inputs, int outputs, int kernel, int stride = 1, int dilation = 1, bool relu = true, bool bias = false) : UnaryLayer
{
    private readonly string _kernel = $"{convolution}.weight";
    private readonly string _bias = $"{convolution}.bias";
    private readonly BatchNorm _norm = new(norm, outputs);

    public override IEnumerable<ParameterSpec> Parameters
    {
        get
        {
            yield return new(_kernel, [outputs, inputs, kernel, kernel], ScalarType.Float32);
            if (bias)
                yield return new(_bias, [outputs], ScalarType.Float32);
            foreach (var parameter in _norm.Parameters)
                yield return parameter;
        }
    }

    public override void Optimize(Plan source, Plan target)
    {
        var (scale, folded) = _norm.Fold(source, bias ? source[_bias] : null);
        using (scale)
        {
            using var scaleByKernel = scale.Reshape(-1, 1, 1, 1);
            using var kernels = source[_kernel].To(TorchScalarType.Float64);
            target.Add(_kernel, kernels.Mul(scaleByKernel));
            target.Add(_bias, folded);
        }
    }

    /// <summary>Writes it down.</summary>
    /// <param name="graph">Takes it.</param>
    /// <param name="input">What it convolves.</param>
    /// <param name="added">A map that is added, and then a ReLU follows in any case; null: none.</param>
    public MapNode Trace(NetworkGraph graph, MapNode input, MapNode? added = null) => graph.Add(Node(input, added));

    /// <summary>Makes its node; it is the caller's to add it to a graph.</summary>
    public ConvolutionNode Node(MapNode input, MapNode? added = null) =>
        new(input, convolution, outputs, kernel, stride, dilation, added, relu || added is not null, norm, bias);

    /// <summary>Makes the convolution of one of the maps that it convolves side by side; it is the caller's to add it to a graph.</summary>
    /// <param name="input">That map.</param>
    /// <param name="first">The first of the map's channels among its own.</param>
    /// <param name="added">The sum of the parts before; null: this is the first, which has the constants.</param>
    /// <param name="last">Whether it is the last, with the ReLU.</param>
    public ConvolutionNode Part(MapNode input, int first, MapNode? added, bool last) =>
        new(input, last ? convolution : $"{convolution}[{first}]", outputs, kernel, stride, dilation, added, relu && last, norm, bias)
        {
            Part = new(convolution, inputs, first, added is null),
        };

    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var x = new TensorSlot(input.Conv2d(plan[_kernel], plan.Folded || bias ? plan[_bias] : null, stride, kernel / 2 * dilation, dilation));
        if (!plan.Folded)
            x.Put(_norm.Normalize(plan, x.Value));
        if (relu)
            x.Value.Relu_();
        return x.Take();
    }
}
