using System.Runtime.InteropServices;
using Flair.Checkpoints;

namespace Flair.Training;

/// <summary>The convolution that the channels of an image enter, made for another number of them as <c>patch_first_conv</c> of segmentation_models_pytorch 0.3.3 does.</summary>
internal static class FirstConvolution
{
    // What encoders are pretrained with: red, green, blue.
    private const int Colours = 3;

    /// <summary>The first weight of four dimensions in the encoder; null where there is none.</summary>
    public static string? NameIn(StateDict network) => network
        .FirstOrDefault(entry => entry.Key.StartsWith("encoder.", StringComparison.Ordinal) && entry.Value.Shape.Count == 4).Key;

    /// <summary>Whether it is one of three channels that differs from the shape in nothing else.</summary>
    public static bool CanAdapt(StoredTensor stored, IReadOnlyList<long> shape) =>
        stored.Type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64
        && stored.Shape is [var outputs, Colours, var height, var width]
        && shape is [var wanted, _, var wantedHeight, var wantedWidth]
        && (outputs, height, width) == (wanted, wantedHeight, wantedWidth);

    /// <summary>The weight for that many channels, float32.</summary>
    public static StoredTensor Adapt(StoredTensor stored, int channels)
    {
        var (outputs, area) = ((int)stored.Shape[0], (int)(stored.Shape[2] * stored.Shape[3]));
        var source = TensorValues.Singles(stored);
        var target = new float[outputs * channels * area];
        var scale = (float)((double)Colours / channels);
        for (var output = 0; output < outputs; output++)
        {
            var from = source.AsSpan(output * Colours * area, Colours * area);
            var to = target.AsSpan(output * channels * area, channels * area);
            for (var i = 0; i < to.Length; i++)
            {
                var (channel, place) = Math.DivRem(i, area);
                to[i] = channels == 1
                    ? from[place] + from[area + place] + from[(2 * area) + place]
                    : from[(channel % Colours * area) + place] * scale;
            }
        }

        return new(ScalarType.Float32, [outputs, channels, stored.Shape[2], stored.Shape[3]], MemoryMarshal.AsBytes(target.AsSpan()).ToArray());
    }

    /// <summary>What <see cref="Adapt"/> did, for the user.</summary>
    public static string Describe(string name, int channels) => channels == 1
        ? $"adapted to 1 channel by adding up its 3: {name}"
        : $"adapted to {channels} channels by repeating its 3, times 3/{channels}: {name}";
}
