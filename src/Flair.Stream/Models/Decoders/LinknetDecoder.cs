using Flair.Models.Encoders;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>LinkNet's decoder (Chaurasia, Culurciello 2017) as smp has it: steps up through a quarter of the channels, each added to the encoder's map of its resolution.</summary>
internal sealed class LinknetDecoder : Decoder
{
    private const int Width = 32;

    private readonly UnaryLayer[][] _blocks;

    public LinknetDecoder(Encoder encoder)
    {
        int[] widths = [.. encoder.Channels.Reverse(), Width];
        _blocks = [.. Enumerable.Range(0, encoder.Channels.Count).Select(i => Block($"{Name}.blocks.{i}.block", widths[i], widths[i + 1]))];
    }

    public override int Outputs => Width;

    public override IEnumerable<Layer> Children => _blocks.SelectMany(block => block);

    public override Tensor Forward(Plan plan, FeatureMaps maps)
    {
        using var x = new TensorSlot(maps.Take(maps.Count - 1));
        for (var i = 0; i < _blocks.Length; i++)
        {
            foreach (var layer in _blocks[i])
                x.Put(layer.Forward(plan, x.Value));
            if (i > maps.Count - 2)
                continue;
            using var skip = maps.Take(maps.Count - 2 - i);
            x.Put(x.Value.Add(skip));
        }

        return x.Take();
    }

    private static UnaryLayer[] Block(string name, int inputs, int outputs) =>
    [
        new ConvolutionNormLayer($"{name}.0.0", $"{name}.0.1", inputs, inputs / 4, kernel: 1),
        new TransposedConvolutionNormLayer($"{name}.1.0", $"{name}.1.1", inputs / 4, inputs / 4),
        new ConvolutionNormLayer($"{name}.2.0", $"{name}.2.1", inputs / 4, outputs, kernel: 1),
    ];
}
