using Flair.Models.Encoders;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Unet;

/// <summary>The whole U-Net: encoder, decoder, segmentation head.</summary>
internal sealed class UnetLayer : NetworkLayer
{
    // smp's default widths, which FLAIR's models have.
    private static readonly int[] s_decoderChannels = [256, 128, 64, 32, 16];

    private readonly Encoder _encoder;
    private readonly UnetDecoderBlock[] _blocks;
    private readonly ConvolutionLayer _head;

    public UnetLayer(Encoder encoder, int classes)
    {
        _encoder = encoder;
        _blocks = new UnetDecoderBlock[s_decoderChannels.Length];
        var inputs = encoder.Channels[^1];
        for (var i = 0; i < _blocks.Length; i++)
        {
            // The deepest map enters first, the others come back from fine to coarse; the last step up has none.
            var level = encoder.Channels.Count - 2 - i;
            _blocks[i] = new($"decoder.blocks.{i}", inputs, level >= 0 ? encoder.Channels[level] : 0, s_decoderChannels[i]);
            inputs = s_decoderChannels[i];
        }

        _head = new("segmentation_head.0", inputs, classes, kernel: 3);
    }

    public override IEnumerable<Layer> Children => [_encoder, .. _blocks, _head];

    public override Tensor Forward(Plan plan, Tensor input)
    {
        using var maps = _encoder.Forward(plan, input);
        using var x = new TensorSlot(maps.Take(maps.Count - 1));
        for (var i = 0; i < _blocks.Length; i++)
        {
            x.Put(x.Value.UpsampleNearest2d(2));
            if (maps.Count - 2 - i is >= 0 and var level)
            {
                using var skip = maps.Take(level);
                x.Put(Shaping.Cat(1, x.Value, skip));
            }

            _blocks[i].Forward(plan, x);
        }

        return _head.Forward(plan, x.Value);
    }
}
