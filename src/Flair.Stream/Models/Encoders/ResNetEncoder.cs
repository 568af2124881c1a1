using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>torchvision's ResNet without its classifier, as smp uses it: the stem and four stages, a feature map from each.</summary>
internal sealed class ResNetEncoder : Encoder
{
    private const int StemWidth = 64;

    private readonly int _depth;
    private readonly ConvolutionNormLayer _stem;
    private readonly ResidualBlock[][] _stages;

    /// <param name="name">Its prefix in the state dict.</param>
    /// <param name="variant">Which of them.</param>
    /// <param name="channels">Channels that enter.</param>
    /// <param name="outputStride">The input's resolution over the deepest map's: 32, or 16 or 8 where the last stage or two dilate instead of striding (Yu, Koltun 2016).</param>
    /// <param name="depth">How many maps are computed, 2 to 5; the stages after them keep their weights.</param>
    public ResNetEncoder(string name, ResNetVariant variant, int channels, int outputStride, int depth)
    {
        _depth = depth;
        _stem = new($"{name}.conv1", $"{name}.bn1", channels, StemWidth, kernel: 7, stride: 2);
        var inputs = StemWidth;
        _stages = new ResidualBlock[variant.Blocks.Count][];
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            // Undilated, the stages come out at 1/4, 1/8, 1/16 and 1/32. In a dilated stage smp 0.3.3 dilates every convolution, the first as well.
            var dilation = Math.Max(1, (4 << stage) / outputStride);
            _stages[stage] = new ResidualBlock[variant.Blocks[stage]];
            for (var block = 0; block < _stages[stage].Length; block++)
            {
                var stride = stage > 0 && block == 0 && dilation == 1 ? 2 : 1;
                _stages[stage][block] = new($"{name}.layer{stage + 1}.{block}", inputs, StemWidth << stage, stride, dilation, variant.Bottleneck);
                inputs = _stages[stage][block].Outputs;
            }
        }
    }

    public override IReadOnlyList<int> Channels => [StemWidth, .. _stages.Take(_depth - 1).Select(stage => stage[^1].Outputs)];

    public override IEnumerable<Layer> Children => [_stem, .. _stages.SelectMany(stage => stage)];

    public override FeatureMaps Forward(Plan plan, Tensor input)
    {
        var maps = new FeatureMaps();
        try
        {
            var stem = maps.Add(_stem.Forward(plan, input));
            maps.Add(Run(_stages[0], plan, stem.MaxPool2d(size: 3, stride: 2, padding: 1)));
            foreach (var stage in _stages.AsSpan(1, _depth - 2))
                maps.Add(Run(stage[1..], plan, stage[0].Forward(plan, maps[maps.Count - 1])));
            return maps;
        }
        catch
        {
            maps.Dispose();
            throw;
        }
    }

    public override IReadOnlyList<MapNode?> Trace(NetworkGraph graph)
    {
        var x = _stem.Trace(graph, graph.Input);
        var maps = new List<MapNode> { x };
        x = graph.Add(new MaxPoolNode(x));
        foreach (var stage in _stages.AsSpan(0, _depth - 1))
        {
            foreach (var block in stage)
                x = block.Trace(graph, x);
            maps.Add(x);
        }

        return maps;
    }

    private static Tensor Run(IEnumerable<ResidualBlock> blocks, Plan plan, Tensor first)
    {
        using var x = new TensorSlot(first);
        foreach (var block in blocks)
            x.Put(block.Forward(plan, x.Value));
        return x.Take();
    }
}
