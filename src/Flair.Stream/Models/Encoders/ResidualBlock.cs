using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>A residual block of torchvision's ResNet: convolutions, plus the input (projected where its shape differs), then ReLU.</summary>
internal sealed class ResidualBlock : UnaryLayer
{
    private readonly ConvolutionNormLayer[] _path;
    private readonly ConvolutionNormLayer? _shortcut;

    /// <param name="name">The block's prefix in the state dict.</param>
    /// <param name="inputs">Channels that enter.</param>
    /// <param name="width">Channels of the 3×3 convolution.</param>
    /// <param name="stride">1, or 2 to halve the resolution; a bottleneck strides in its 3×3 convolution.</param>
    /// <param name="dilation">Pixels from one tap of a 3×3 kernel to the next.</param>
    /// <param name="bottleneck">Which of the two kinds of block.</param>
    public ResidualBlock(string name, int inputs, int width, int stride, int dilation, bool bottleneck)
    {
        Outputs = bottleneck ? width * 4 : width;
        _path = bottleneck
            ?
            [
                new($"{name}.conv1", $"{name}.bn1", inputs, width, kernel: 1),
                new($"{name}.conv2", $"{name}.bn2", width, width, kernel: 3, stride, dilation),
                new($"{name}.conv3", $"{name}.bn3", width, Outputs, kernel: 1, relu: false),
            ]
            :
            [
                new($"{name}.conv1", $"{name}.bn1", inputs, width, kernel: 3, stride, dilation),
                new($"{name}.conv2", $"{name}.bn2", width, width, kernel: 3, dilation: dilation, relu: false),
            ];
        if (stride != 1 || inputs != Outputs)
            _shortcut = new($"{name}.downsample.0", $"{name}.downsample.1", inputs, Outputs, kernel: 1, stride, relu: false);
    }

    /// <summary>Channels that leave.</summary>
    public int Outputs { get; }

    public override IEnumerable<Layer> Children => _shortcut is null ? _path : [.. _path, _shortcut];

    /// <summary>Writes it down.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input)
    {
        var x = input;
        foreach (var layer in _path.AsSpan(0, _path.Length - 1))
            x = layer.Trace(graph, x);
        return _path[^1].Trace(graph, x, added: _shortcut?.Trace(graph, input) ?? input);
    }

    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var x = new TensorSlot(_path[0].Forward(plan, input));
        foreach (var layer in _path.AsSpan(1))
            x.Put(layer.Forward(plan, x.Value));
        using var projected = _shortcut?.Forward(plan, input);
        x.Value.Add_(projected ?? input).Relu_();
        return x.Take();
    }
}
