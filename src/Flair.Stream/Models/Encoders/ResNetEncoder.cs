using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>torchvision's ResNet without its classifier, as smp uses it: the stem and four stages, a feature map from each.</summary>
internal sealed class ResNetEncoder : Encoder
{
    private const int StemWidth = 64;

    private readonly ConvolutionNormLayer _stem;
    private readonly ResidualBlock[][] _stages;

    public ResNetEncoder(string name, ResNetVariant variant, int channels)
    {
        _stem = new($"{name}.conv1", $"{name}.bn1", channels, StemWidth, kernel: 7, stride: 2);
        var inputs = StemWidth;
        _stages = new ResidualBlock[variant.Blocks.Count][];
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            _stages[stage] = new ResidualBlock[variant.Blocks[stage]];
            for (var block = 0; block < _stages[stage].Length; block++)
            {
                var stride = stage > 0 && block == 0 ? 2 : 1;
                _stages[stage][block] = new($"{name}.layer{stage + 1}.{block}", inputs, StemWidth << stage, stride, variant.Bottleneck);
                inputs = _stages[stage][block].Outputs;
            }
        }
    }

    public override IReadOnlyList<int> Channels => [StemWidth, .. _stages.Select(stage => stage[^1].Outputs)];

    public override IEnumerable<Layer> Children => [_stem, .. _stages.SelectMany(stage => stage)];

    public override FeatureMaps Forward(Plan plan, Tensor input)
    {
        var maps = new FeatureMaps();
        try
        {
            var stem = maps.Add(_stem.Forward(plan, input));
            maps.Add(Run(_stages[0], plan, stem.MaxPool2d(size: 3, stride: 2, padding: 1)));
            foreach (var stage in _stages.AsSpan(1))
                maps.Add(Run(stage[1..], plan, stage[0].Forward(plan, maps[maps.Count - 1])));
            return maps;
        }
        catch
        {
            maps.Dispose();
            throw;
        }
    }

    private static Tensor Run(IEnumerable<ResidualBlock> blocks, Plan plan, Tensor first)
    {
        using var x = new TensorSlot(first);
        foreach (var block in blocks)
            x.Put(block.Forward(plan, x.Value));
        return x.Take();
    }
}
