using System.Runtime.InteropServices;
using Flair.Batching;
using Flair.Fusion;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tests.Fusion;

/// <summary>Raw windows as input maps, against <see cref="Normalizer"/>.</summary>
public sealed class WindowInputTests
{
    private const int Channels = 5;
    private const int Pixels = 256;

    // Means as FLAIR-1 has them, one of them a whole number, one half-way between two.
    private static readonly NormalizationSettings s_custom = new() { Means = [105.08, 110.87, 101.82, 106, 17.5], Stds = [52.17, 45.38, 44, 39.69, 79.3] };

    // Every byte in every channel, each channel beginning with another.
    private static readonly byte[] s_raw = [.. Enumerable.Range(0, Channels * Pixels).Select(i => (byte)((i % Pixels) + (37 * (i / Pixels))))];

    public static TheoryData<NormalizationType> Types => [.. Enum.GetValues<NormalizationType>()];

    [OneDnnTheory]
    [MemberData(nameof(Types))]
    public void Bytes_in_single_precision_are_the_normalizers_numbers(NormalizationType type)
    {
        var settings = s_custom with { Type = type };
        var normalizer = new Normalizer(settings, Channels, SampleType.UInt8, 255);
        var input = new WindowInput(settings, normalizer, SampleType.UInt8, 255, MapType.Float32);

        Assert.Null(input.Scaling);
        Assert.Equal(Normalized(normalizer, s_raw), Write<float>(input, s_raw));
    }

    [OneDnnTheory]
    [MemberData(nameof(Types))]
    public void Bytes_in_bfloat16_and_their_scaling_are_the_normalizers_numbers_to_rounding(NormalizationType type)
    {
        var settings = s_custom with { Type = type };
        var normalizer = new Normalizer(settings, Channels, SampleType.UInt8, 255);
        var input = new WindowInput(settings, normalizer, SampleType.UInt8, 255, MapType.BFloat16);

        var scaling = Assert.IsType<InputScaling>(input.Scaling);
        var expected = Normalized(normalizer, s_raw);
        var map = Write<ushort>(input, s_raw).Select(Widen).ToArray();
        // bfloat16 itself would round numbers near 2 to 1/128; scale and shift are rounded to single precision.
        for (var i = 0; i < map.Length; i++)
            Assert.InRange((map[i] * (double)scaling.Scale[i % Channels]) + scaling.Shift[i % Channels] - expected[i], -1e-6 * (1 + Math.Abs(expected[i])), 1e-6 * (1 + Math.Abs(expected[i])));
        Assert.All(map, value => Assert.Equal(Math.Round(value), value));
        // Zeros around the window are normalized zeros to half a byte.
        for (var channel = 0; channel < Channels; channel++)
            Assert.InRange(Math.Abs(scaling.Shift[channel] / scaling.Scale[channel]), 0, 0.5 + 1e-6);
    }

    [OneDnnFact]
    public void Scaling_divides_by_the_imagerys_own_range()
    {
        var settings = new NormalizationSettings { Type = NormalizationType.Scaling };
        var input = new WindowInput(settings, new Normalizer(settings, Channels, SampleType.UInt8, 65535), SampleType.UInt8, 65535, MapType.BFloat16);

        Assert.All(input.Scaling!.Scale, scale => Assert.Equal(1f / 65535, scale));
        Assert.All(input.Scaling.Shift, shift => Assert.Equal(0, shift));
    }

    [OneDnnFact]
    public void Other_samples_are_normalized_in_single_precision()
    {
        float[] values = [.. Enumerable.Range(0, Channels * Pixels).Select(i => (i * 7.25f) - 300)];
        byte[] raw = [.. MemoryMarshal.AsBytes<float>(values)];
        var normalizer = new Normalizer(s_custom, Channels, SampleType.Float32, 1);
        var expected = Normalized(normalizer, raw);

        var single = new WindowInput(s_custom, normalizer, SampleType.Float32, 1, MapType.Float32);
        Assert.Null(single.Scaling);
        Assert.Equal(expected, Write<float>(single, raw));

        var half = new WindowInput(s_custom, normalizer, SampleType.Float32, 1, MapType.BFloat16);
        Assert.Null(half.Scaling);
        var rounded = Write<ushort>(half, raw).Select(Widen).ToArray();
        for (var i = 0; i < rounded.Length; i++)
            Assert.InRange(Math.Abs(rounded[i] - (double)expected[i]), 0, Math.ScaleB(Math.Abs(expected[i]), -8));
    }

    [OneDnnFact]
    public void Rounding_to_bfloat16_goes_to_the_even_of_two()
    {
        // bfloat16 has 7 bits after the point: 1 + 2⁻⁸ and 1 + 3 · 2⁻⁸ lie between two.
        (float Value, float Rounded)[] cases =
        [
            (1 + (1 / 256f), 1), (1 + (3 / 256f), 1 + (4 / 256f)), (1 + (1 / 256f) + (1 / 65536f), 1 + (2 / 256f)), (-1 - (3 / 256f), -1 - (4 / 256f)), (0, 0), (511, 512), (-0.5f, -0.5f),
        ];
        var settings = new NormalizationSettings { Type = NormalizationType.Without };
        var input = new WindowInput(settings, new Normalizer(settings, 1, SampleType.Float32, 1), SampleType.Float32, 1, MapType.BFloat16);

        var written = Write<ushort>(input, [.. MemoryMarshal.AsBytes<float>([.. cases.Select(pair => pair.Value)])], channels: 1);

        Assert.Equal(cases.Select(pair => pair.Rounded), written.Select(Widen));
    }

    [Fact]
    public unsafe void Normalized_windows_are_only_turned()
    {
        var map = new float[6];
        fixed (float* to = map)
            WindowInput.WriteNormalized([1, 2, 3, 4, 5, 6], 3, (nint)to);
        Assert.Equal([1f, 4, 2, 5, 3, 6], map);

        Assert.Equal(map, Write<float>(WindowInput.Normalized, [.. MemoryMarshal.AsBytes<float>([1, 2, 3, 4, 5, 6])], channels: 2));
    }

    /// <summary>What the normalizer makes, [pixel][channel].</summary>
    private static float[] Normalized(Normalizer normalizer, byte[] raw)
    {
        var planes = new float[Channels * Pixels];
        normalizer.Normalize(raw, planes);
        return [.. Enumerable.Range(0, planes.Length).Select(i => planes[(i % Channels * Pixels) + (i / Channels)])];
    }

    private static unsafe T[] Write<T>(WindowInput input, byte[] raw, int channels = Channels)
        where T : unmanaged
    {
        var pixels = raw.Length / channels / (raw.Length == Channels * Pixels ? 1 : sizeof(float));
        var map = new T[pixels * channels];
        fixed (T* to = map)
            input.Write(raw, pixels, (nint)to);
        return map;
    }

    private static float Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
