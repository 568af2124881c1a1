using System.Runtime.InteropServices;
using Flair.Batching;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;

namespace Flair.Fusion;

/// <summary>
/// Writes raw windows as a program's input map. In single precision it normalizes, exactly as <see cref="Normalizer"/>. In bfloat16, which has 8
/// significant bits, normalized values would be rounded; of 8-bit imagery the bytes themselves, less the whole number next to their mean, are not:
/// so those go in and the normalization goes into the first convolution. The zeros around the window then stand for the mean to within half a byte.
/// A program that takes bytes gets those that there are.
/// </summary>
internal sealed class WindowInput
{
    private readonly Normalizer? _normalizer; // null: the values are normalized
    private readonly MapType _type = MapType.Float32;
    private readonly float[]? _floats;
    private readonly ushort[]? _halves;
    private readonly byte[]? _border;

    private WindowInput()
    {
    }

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
        var (mean, deviation) = Affine(settings, normalizer.Channels, maximum);
        _border = [.. mean.Select(value => (byte)Math.Clamp(Math.Round(value), 0, byte.MaxValue))];
        Bytes = new([.. deviation.Select(value => (float)(1 / value))], [.. mean.Select(value => (float)value)]);
        if (type == MapType.Float32)
        {
            _floats = [.. Enumerable.Range(0, normalizer.Channels).SelectMany(normalizer.Table)];
            return;
        }

        Scaling = new(Bytes.Scale, [.. deviation.Select((value, c) => (float)((_border[c] - mean[c]) / value))]);
        _halves = [.. _border.SelectMany(first => Enumerable.Range(0, 256).Select(value => Half(value - first)))];
    }

    /// <summary>Of windows whose values, in single precision, are normalized already; for programs in single precision.</summary>
    public static WindowInput Normalized { get; } = new();

    /// <summary>What the values of an input map in floating point mean; null: they are normalized.</summary>
    public InputScaling? Scaling { get; }

    /// <summary>What the window's bytes mean; null: it is not in bytes.</summary>
    public ByteScaling? Bytes { get; }

    /// <summary>Writes a window as a program wants it.</summary>
    /// <param name="raw">[channel][row][column].</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="program">The program.</param>
    /// <param name="memory">The thread's memory.</param>
    public unsafe void Write(ReadOnlySpan<byte> raw, int size, FusedProgram program, in FusedMemory memory)
    {
        var map = program.InputIn(memory);
        if (program.InputType == MapType.UInt8)
            Passes.PackPixels(raw, size, _border, (byte*)map);
        else
            Write(raw, size * size, map);
    }

    /// <summary>Writes a window in floating point.</summary>
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

        if (_normalizer is null)
        {
            WriteNormalized(MemoryMarshal.Cast<byte, float>(raw), pixels, map);
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

    /// <summary>normalized = (value − mean) / deviation, by channel.</summary>
    private static (double[] Mean, double[] Deviation) Affine(NormalizationSettings settings, int channels, double maximum)
    {
        var (means, deviations) = (new double[channels], new double[channels]);
        for (var c = 0; c < channels; c++)
        {
            (means[c], deviations[c]) = settings.Type switch
            {
                NormalizationType.Custom => (settings.Means[c], settings.Stds[c]),
                NormalizationType.Scaling => (0d, maximum),
                _ => (0d, 1d),
            };
        }

        return (means, deviations);
    }

    /// <summary>The nearest bfloat16, of two equally near the even one. The value is finite.</summary>
    private static ushort Half(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
