using Flair.Models.Graphs;
using Flair.OneDnn;

namespace Flair.Fusion;

/// <summary>What the bytes of a window mean: normalized = scale × (byte − mean), by channel.</summary>
/// <param name="Scale">One a channel.</param>
/// <param name="Mean">One a channel; the byte next to it stands around the window, where the network has zeros.</param>
internal sealed record ByteScaling(float[] Scale, float[] Mean);

/// <summary>
/// A window as the first convolution of a ResNet reads it in bytes: 2 × 2 pixels as one of four times the channels. The convolution, 7 × 7 with stride 2, then is one of
/// 4 × 4 with stride 1 and no padding, as it would be with a row and a column of zeros before its kernel: 4C instead of C channels leave no multiplication of oneDNN's
/// to padding. The bytes are exact; only the kernel is rounded.
/// </summary>
internal static class PackedWindow
{
    private const int Kernel = 7;
    private const int Padding = 3;
    private const int Taps = 4;
    private const int Parts = 4; // pixels in one

    /// <summary>Whether a network reads its windows so: one convolution of that form, computed as a whole.</summary>
    public static bool Suits(NetworkGraph graph, IReadOnlyDictionary<MapNode, MapRegion> regions, int size) =>
        graph.Nodes.Where(node => node.Sources.Contains(graph.Input)).ToList() is
            [ConvolutionNode { Kernel: Kernel, Stride: 2, Padding: Padding, Dilation: 1, Added: null } first]
        && size % 2 == 0
        && regions[first] == MapRegion.Whole(size / 2);

    /// <summary>Rows and columns of the packed window: two of the packed pixels stand before it, one behind it.</summary>
    public static int Side(int size) => (size / 2) + Taps - 1;

    /// <summary>Bytes of a packed window, [row][column][row and column in it][channel].</summary>
    public static long Bytes(int size, int channels) => (long)Side(size) * Side(size) * Parts * channels;

    /// <summary>The convolution in bytes.</summary>
    /// <param name="weights">As the network has it, for normalized values.</param>
    /// <param name="scaling">What the bytes mean.</param>
    /// <param name="outputSteps">One an output channel; null: the output is in floating point.</param>
    public static QuantizedKernel Quantize(FoldedWeights weights, ByteScaling scaling, float[]? outputSteps)
    {
        var channels = scaling.Scale.Length;
        float[] steps = [.. Enumerable.Range(0, Parts).SelectMany(_ => scaling.Scale)];
        var result = QuantizedKernel.Create(Pack(weights.Kernel, channels), weights.Bias, steps, outputSteps);
        // Of the rounded kernel, so that what rounding does to the mean of the imagery is nothing.
        var each = result.Values.Length / weights.Bias.Length;
        for (var o = 0; o < weights.Bias.Length; o++)
        {
            double sum = 0;
            for (var i = 0; i < each; i++)
                sum += (double)result.Values[(o * each) + i] * scaling.Mean[i / (Taps * Taps) % channels];
            result.Bias[o] = (float)(result.Bias[o] - sum);
        }

        return result;
    }

    /// <summary>Its shape.</summary>
    public static ConvolutionShape Shape(ConvolutionNode node, int size, int channels, MapType outType, int threads) => new()
    {
        InChannels = Parts * channels,
        InRows = Side(size),
        InColumns = Side(size),
        OutChannels = node.Channels,
        OutRows = size / 2,
        OutColumns = size / 2,
        Kernel = Taps,
        InType = MapType.UInt8,
        OutType = outType,
        Relu = node.Relu,
        Threads = threads,
    };

    /// <summary>[out][in][7][7] as [out][row and column in a packed pixel][in][4][4].</summary>
    internal static float[] Pack(float[] kernel, int inputs)
    {
        var packed = new float[kernel.Length / (Kernel * Kernel) * Parts * Taps * Taps];
        for (var at = 0; at < kernel.Length; at++)
        {
            var (plane, y, x) = (at / (Kernel * Kernel), (at / Kernel % Kernel) + 1, (at % Kernel) + 1);
            var (o, i) = Math.DivRem(plane, inputs);
            var part = (y % 2 * 2) + (x % 2);
            var tap = (y / 2 * Taps) + (x / 2);
            packed[(((((o * Parts) + part) * inputs) + i) * Taps * Taps) + tap] = kernel[at];
        }

        return packed;
    }
}
