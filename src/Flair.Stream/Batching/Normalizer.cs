using System.Runtime.InteropServices;
using Flair.Gdal;
using Flair.Settings;
using Flair.Source;

namespace Flair.Batching;

/// <summary>
/// Turns raw values into the network's input, in double precision and rounded to single once, as FLAIR-1 does
/// (<c>normalization</c> in <c>zone_detect/dataset.py</c>). For 8-bit imagery each channel is a table of 256 values.
/// </summary>
public sealed class Normalizer
{
    private readonly float[][]? _tables;
    private readonly Func<double, int, double> _formula;

    /// <summary>Prepares the tables.</summary>
    /// <param name="settings">The formula; its lists have one value a channel where it needs them.</param>
    /// <param name="channels">Channels of a window.</param>
    /// <param name="samples">Type of the raw values.</param>
    /// <param name="maximum">Largest value of the imagery's data type, which <see cref="NormalizationType.Scaling"/> divides by: 255, 65535, or 1 for floating point.</param>
    public Normalizer(NormalizationSettings settings, int channels, SampleType samples, double maximum)
    {
        Channels = channels;
        _formula = settings.Type switch
        {
            NormalizationType.Custom => (value, channel) => (value - settings.Means[channel]) / settings.Stds[channel],
            NormalizationType.Scaling => (value, _) => value / maximum,
            _ => (value, _) => value,
        };
        if (samples == SampleType.UInt8)
        {
            _tables = [.. Enumerable.Range(0, channels).Select(channel =>
                Enumerable.Range(0, 256).Select(value => (float)_formula(value, channel)).ToArray())];
        }
    }

    /// <summary>Channels of a window.</summary>
    public int Channels { get; }

    /// <summary>What the 256 values of 8-bit imagery become in a channel.</summary>
    public IReadOnlyList<float> Table(int channel) => _tables![channel];

    /// <summary>What <see cref="NormalizationType.Scaling"/> divides by, as skimage's <c>img_as_float</c> does.</summary>
    public static double MaximumOf(GdalType type) => type switch
    {
        GdalType.Byte => byte.MaxValue,
        GdalType.UInt16 => ushort.MaxValue,
        GdalType.Int16 => short.MaxValue,
        GdalType.UInt32 => uint.MaxValue,
        GdalType.Int32 => int.MaxValue,
        _ => 1,
    };

    /// <summary>Normalizes one window, [channel][row][column] on both sides.</summary>
    /// <param name="raw">The raw values: bytes, or single-precision numbers in native byte order.</param>
    /// <param name="normalized">Takes as many single-precision numbers as there are values.</param>
    public void Normalize(ReadOnlySpan<byte> raw, Span<float> normalized)
    {
        var plane = normalized.Length / Channels;
        for (var channel = 0; channel < Channels; channel++)
        {
            var target = normalized.Slice(channel * plane, plane);
            if (_tables is not null)
            {
                var table = _tables[channel];
                var values = raw.Slice(channel * plane, plane);
                for (var i = 0; i < target.Length; i++)
                    target[i] = table[values[i]];
            }
            else
            {
                var values = MemoryMarshal.Cast<byte, float>(raw).Slice(channel * plane, plane);
                for (var i = 0; i < target.Length; i++)
                    target[i] = (float)_formula(values[i], channel);
            }
        }
    }
}
