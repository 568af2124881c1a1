using Flair.Batching;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;

namespace Flair.Fusion;

/// <summary>
/// Writes raw windows as a program's input map. In single precision it normalizes, exactly as <see cref="Normalizer"/>. In bfloat16, which has 8
/// significant bits, normalized values would be rounded; of 8-bit imagery the bytes themselves, less the whole number next to their mean, are not:
/// so those go in and the normalization goes into the first convolution. The zeros around the window then stand for the mean to within half a byte.
/// </summary>
internal sealed class WindowInput
{
    private readonly Normalizer _normalizer;
    private readonly MapType _type;
    private readonly float[]? _floats;
    private readonly ushort[]? _halves;

    /// <summary>Prepares the tables.</summary>
    /// <param name="settings">The normalization.</param>
    /// <param name="normalizer">The same, ready to use.</param>
    /// <param name="samples">Type of the raw values.</param>
    /// <param name="maximum">Largest value of the imagery's data type.</param>
    /// <param name="type">Type of the input map.</param>
    public WindowInput(NormalizationSettings settings, Normalizer normalizer, SampleType samples, double maximum, MapType type)
    {
        _normalizer = normalizer;
        _type = type;
        if (samples != SampleType.UInt8)
            return;
        if (type == MapType.Float32)
        {
            _floats = [.. Enumerable.Range(0, normalizer.Channels).SelectMany(normalizer.Table)];
            return;
        }

        var (scale, shift, offset) = Affine(settings, normalizer.Channels, maximum);
        Scaling = new([.. scale.Select(value => (float)value)], [.. shift.Select(value => (float)value)]);
        _halves = [.. offset.SelectMany(first => Enumerable.Range(0, 256).Select(value => Half(value - first)))];
    }

    /// <summary>What the input map's values mean; null: they are normalized.</summary>
    public InputScaling? Scaling { get; }

    /// <summary>Writes a window.</summary>
    /// <param name="raw">[channel][row][column].</param>
    /// <param name="pixels">Rows times columns.</param>
    /// <param name="map">Takes [row][column][channel].</param>
    public unsafe void Write(ReadOnlySpan<byte> raw, int pixels, nint map)
    {
        if (_floats is not null)
        {
            Passes.LookUp<float>(raw, pixels, _floats, (void*)map);
            return;
        }

        if (_halves is not null)
        {
            Passes.LookUp<ushort>(raw, pixels, _halves, (void*)map);
            return;
        }

        var channels = _normalizer.Channels;
        var values = new float[pixels * channels];
        _normalizer.Normalize(raw, values);
        for (var channel = 0; channel < channels; channel++)
        {
            for (var pixel = 0; pixel < pixels; pixel++)
            {
                var value = values[(channel * pixels) + pixel];
                if (_type == MapType.Float32)
                    ((float*)map)[(pixel * channels) + channel] = value;
                else
                    ((ushort*)map)[(pixel * channels) + channel] = Half(value);
            }
        }
    }

    /// <summary>Writes values that are normalized already.</summary>
    /// <param name="normalized">[channel][row][column].</param>
    /// <param name="pixels">Rows times columns.</param>
    /// <param name="map">Takes [row][column][channel] in single precision.</param>
    public static unsafe void WriteNormalized(ReadOnlySpan<float> normalized, int pixels, nint map)
    {
        var channels = normalized.Length / pixels;
        for (var channel = 0; channel < channels; channel++)
        {
            for (var pixel = 0; pixel < pixels; pixel++)
                ((float*)map)[(pixel * channels) + channel] = normalized[(channel * pixels) + pixel];
        }
    }

    private static (double[] Scale, double[] Shift, int[] Offset) Affine(NormalizationSettings settings, int channels, double maximum)
    {
        var (scale, shift, offset) = (new double[channels], new double[channels], new int[channels]);
        for (var c = 0; c < channels; c++)
        {
            var (mean, deviation) = settings.Type switch
            {
                NormalizationType.Custom => (settings.Means[c], settings.Stds[c]),
                NormalizationType.Scaling => (0d, maximum),
                _ => (0d, 1d),
            };
            offset[c] = (int)Math.Clamp(Math.Round(mean), 0, byte.MaxValue);
            scale[c] = 1 / deviation;
            shift[c] = (offset[c] - mean) / deviation;
        }

        return (scale, shift, offset);
    }

    /// <summary>The nearest bfloat16, of two equally near the even one. The value is finite.</summary>
    private static ushort Half(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
