using Flair.OneDnn.Interop;

namespace Flair.OneDnn;

/// <summary>A map [row][column][channel] that is a rectangle of a larger one.</summary>
/// <param name="Data">Its first element.</param>
/// <param name="Channels">Its channels.</param>
/// <param name="Row">The row of the larger map that it begins with.</param>
/// <param name="Column">The column of the larger map that it begins with.</param>
/// <param name="Columns">Its columns.</param>
public readonly record struct MapPart(nint Data, int Channels, int Row, int Column, int Columns);

/// <summary>The passes over memory between convolutions. They run on the calling thread.</summary>
public static unsafe class Passes
{
    /// <summary>A rectangle of: the first map at twice its resolution (nearest neighbour), with the others' channels beside it.</summary>
    /// <param name="parts">The first at half the resolution, the others at the full one; each holds what the rectangle needs.</param>
    /// <param name="elementBytes">Bytes of an element.</param>
    /// <param name="row">First row of the rectangle.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="output">Takes it, [row][column][channel].</param>
    public static void UpsampleBeside(ReadOnlySpan<MapPart> parts, int elementBytes, int row, int column, int rows, int columns, void* output)
    {
        var native = stackalloc NativePart[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            native[i] = NativeOf(parts[i]);
        Native.UpsampleBeside(native, parts.Length, elementBytes, row, column, rows, columns, output);
    }

    /// <summary>
    /// A rectangle of a map at a multiple of its resolution, interpolated between the four pixels around; the corners' centres lie upon each other
    /// (PyTorch's <c>upsample_bilinear2d</c> with <c>align_corners</c>).
    /// </summary>
    /// <param name="part">Holds what the rectangle needs of the map.</param>
    /// <param name="type">Type of both maps: floating point.</param>
    /// <param name="inRows">Rows of the whole map.</param>
    /// <param name="inColumns">Its columns.</param>
    /// <param name="factor">The resolution's.</param>
    /// <param name="row">First row of the rectangle.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="add">Whether it is added to what the output holds.</param>
    /// <param name="output">Takes it, [row][column][channel].</param>
    public static void Interpolate(
        MapPart part, MapType type, int inRows, int inColumns, int factor, int row, int column, int rows, int columns, bool add, void* output)
    {
        var what = new NativeInterpolation
        {
            Type = type,
            InRows = inRows,
            InColumns = inColumns,
            Factor = factor,
            Row = row,
            Column = column,
            Rows = rows,
            Columns = columns,
            Add = add ? 1 : 0,
        };
        var native = NativeOf(part);
        Native.Interpolate(&what, &native, output);
    }

    /// <summary>Adds to a map that is a rectangle what another map has there.</summary>
    /// <param name="other">Holds what the rectangle needs of the other map.</param>
    /// <param name="type">Type of both maps: floating point.</param>
    /// <param name="row">First row of the rectangle.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="map">[row][column][channel].</param>
    public static void Add(MapPart other, MapType type, int row, int column, int rows, int columns, void* map)
    {
        var native = NativeOf(other);
        Native.Add(&native, type, row, column, rows, columns, map);
    }

    /// <summary>
    /// In place, each group of neighbouring channels over all pixels: relu((x − mean) / √(variance + epsilon) · weight[channel] + bias[channel])
    /// (Wu, He 2018; PyTorch's <c>group_norm</c>, then its <c>relu</c>).
    /// </summary>
    /// <param name="map">[pixel][channel] of <paramref name="type"/>.</param>
    /// <param name="type">Its type: floating point.</param>
    /// <param name="pixels">How many pixels.</param>
    /// <param name="groups">Of as many channels each.</param>
    /// <param name="weight">One a channel.</param>
    /// <param name="bias">One a channel.</param>
    /// <param name="epsilon">Keeps the root from 0.</param>
    public static void GroupNorm(void* map, MapType type, long pixels, int groups, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bias.Length, weight.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(weight.Length % groups, 0);
        fixed (float* factors = weight, constants = bias)
            Native.GroupNorm(map, type, pixels, weight.Length, groups, factors, constants, epsilon);
    }

    /// <summary>
    /// Each pixel's channels: (x − mean) / √(variance + epsilon) · weight[channel] + bias[channel] (Ba et al. 2016; PyTorch's <c>layer_norm</c>
    /// over channels).
    /// </summary>
    /// <param name="input">[pixel][channel] of <paramref name="type"/>.</param>
    /// <param name="type">Type of both maps: floating point.</param>
    /// <param name="pixels">How many pixels.</param>
    /// <param name="weight">One a channel.</param>
    /// <param name="bias">One a channel.</param>
    /// <param name="epsilon">Keeps the root from 0.</param>
    /// <param name="output">Takes [pixel][channel].</param>
    public static void LayerNorm(void* input, MapType type, long pixels, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, void* output)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bias.Length, weight.Length);
        fixed (float* factors = weight, constants = bias)
            Native.LayerNorm(input, type, pixels, weight.Length, factors, constants, epsilon, output);
    }

    /// <summary>
    /// A rectangle of the convolution of each channel by itself with 3 × 3 taps, with as many zeros around the map as keep its size; and, by choice, the Gaussian error
    /// linear unit of that, to 2e-7 of the value.
    /// </summary>
    /// <param name="part">Holds what the rectangle needs of the map.</param>
    /// <param name="type">Type of both maps: floating point.</param>
    /// <param name="inRows">Rows of the whole map.</param>
    /// <param name="inColumns">Its columns.</param>
    /// <param name="dilation">Pixels from one tap to the next.</param>
    /// <param name="gelu">Whether the unit follows.</param>
    /// <param name="taps">[row and column][channel].</param>
    /// <param name="bias">One a channel.</param>
    /// <param name="row">First row of the rectangle.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="output">Takes it, [row][column][channel].</param>
    public static void DepthwiseConvolution(
        MapPart part, MapType type, int inRows, int inColumns, int dilation, bool gelu, ReadOnlySpan<float> taps, ReadOnlySpan<float> bias, int row, int column, int rows, int columns, void* output)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bias.Length, part.Channels);
        ArgumentOutOfRangeException.ThrowIfNotEqual(taps.Length, 9 * part.Channels);
        var what = new NativeDepthwise
        {
            Type = type,
            InRows = inRows,
            InColumns = inColumns,
            Dilation = dilation,
            Row = row,
            Column = column,
            Rows = rows,
            Columns = columns,
            Gelu = gelu ? 1 : 0,
        };
        var native = NativeOf(part);
        fixed (float* kernel = taps, constants = bias)
            Native.DepthwiseConvolution(&what, &native, kernel, constants, output);
    }

    /// <summary>
    /// Attention (Vaswani et al. 2017): of each query, softmax over the keys of query · key / √(channels of a head), times the values; head by head. For processors with
    /// AVX2.
    /// </summary>
    /// <param name="queries">[query][head][channel] of <paramref name="type"/>.</param>
    /// <param name="keysValues">[key][key, value][head][channel].</param>
    /// <param name="type">Type of all maps: floating point.</param>
    /// <param name="queryCount">How many queries.</param>
    /// <param name="keyCount">How many keys, 1 or more.</param>
    /// <param name="channels">Channels of a query, of all heads together.</param>
    /// <param name="heads">Heads, each of as many channels.</param>
    /// <param name="output">Takes [query][head][channel].</param>
    public static void Attention(void* queries, void* keysValues, MapType type, int queryCount, int keyCount, int channels, int heads, void* output)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(channels % heads, 0);
        Native.Attention(queries, keysValues, type, queryCount, keyCount, channels, heads, output);
    }

    /// <summary>Each channel's mean over all pixels.</summary>
    /// <param name="input">[pixel][channel] of <paramref name="type"/>.</param>
    /// <param name="type">Its type: floating point.</param>
    /// <param name="pixels">How many pixels, 1 or more.</param>
    /// <param name="mean">Takes one a channel.</param>
    public static void Mean(void* input, MapType type, long pixels, Span<float> mean)
    {
        fixed (float* means = mean)
            Native.Mean(input, type, pixels, mean.Length, means);
    }

    /// <summary>The same channels at every pixel.</summary>
    /// <param name="pixel">One a channel.</param>
    /// <param name="type">Type of the map: floating point.</param>
    /// <param name="pixels">How many pixels, 1 or more.</param>
    /// <param name="output">Takes [pixel][channel].</param>
    public static void Fill(ReadOnlySpan<float> pixel, MapType type, long pixels, void* output)
    {
        fixed (float* values = pixel)
            Native.Fill(values, type, pixels, pixel.Length, output);
    }

    /// <summary>Numbers to whole steps of their channels: round(x · inverseStep[channel]), saturated to 0 … 255.</summary>
    /// <param name="input">[pixel][channel] of <paramref name="inputType"/>, which is floating point.</param>
    /// <param name="inputType">Its type.</param>
    /// <param name="pixels">How many pixels.</param>
    /// <param name="inverseStep">One a channel.</param>
    /// <param name="output">[pixel][channel].</param>
    public static void Quantize(void* input, MapType inputType, long pixels, ReadOnlySpan<float> inverseStep, byte* output)
    {
        fixed (float* steps = inverseStep)
            Native.Quantize(input, inputType, pixels, inverseStep.Length, steps, output);
    }

    /// <summary>
    /// Bytes [channel][row][column] with 2 × 2 pixels as one, [row][column][row and column in it][channel], and pixels of a given colour around them: four rows
    /// and columns before, two behind.
    /// </summary>
    /// <param name="input">The bytes.</param>
    /// <param name="size">Rows and columns, an even number.</param>
    /// <param name="border">One a channel.</param>
    /// <param name="output">Takes (size / 2 + 3)² × 4 × channels bytes.</param>
    public static void PackPixels(ReadOnlySpan<byte> input, int size, ReadOnlySpan<byte> border, byte* output)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(input.Length, border.Length * size * size);
        fixed (byte* bytes = input)
        fixed (byte* around = border)
            Native.PackPixels(bytes, size, border.Length, around, output);
    }

    /// <summary>Bytes [channel][pixel] to values [pixel][channel], each through its channel's table.</summary>
    /// <typeparam name="T">A type of 2 or 4 bytes.</typeparam>
    /// <param name="input">The bytes.</param>
    /// <param name="pixels">How many pixels.</param>
    /// <param name="tables">[channel][256].</param>
    /// <param name="output">Takes the values.</param>
    public static void LookUp<T>(ReadOnlySpan<byte> input, int pixels, ReadOnlySpan<T> tables, void* output)
        where T : unmanaged
    {
        var channels = tables.Length / 256;
        ArgumentOutOfRangeException.ThrowIfLessThan(input.Length, channels * pixels);
        fixed (byte* bytes = input)
        fixed (T* values = tables)
            Native.LookUp(bytes, pixels, channels, sizeof(T), values, output);
    }

    private static NativePart NativeOf(MapPart part) => new() { Data = part.Data, Channels = part.Channels, Row = part.Row, Column = part.Column, Columns = part.Columns };
}
