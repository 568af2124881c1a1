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
    /// A rectangle of a map at another resolution, interpolated between the four pixels around; the corners' centres lie upon each other
    /// (PyTorch's <c>upsample_bilinear2d</c> with <c>align_corners</c>).
    /// </summary>
    /// <param name="part">Holds what the rectangle needs of the map.</param>
    /// <param name="inType">The map's type: single precision, or that of the output.</param>
    /// <param name="inRows">Rows of the whole map.</param>
    /// <param name="inColumns">Its columns.</param>
    /// <param name="type">Type of the output: floating point.</param>
    /// <param name="outRows">Rows of the whole interpolated map.</param>
    /// <param name="outColumns">Its columns.</param>
    /// <param name="row">First row of the rectangle.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="add">Whether it is added to what the output holds.</param>
    /// <param name="output">Takes it, [row][column][channel].</param>
    public static void Interpolate(
        MapPart part, MapType inType, int inRows, int inColumns, MapType type, int outRows, int outColumns, int row, int column, int rows, int columns, bool add, void* output)
    {
        if (inType != MapType.Float32)
            ArgumentOutOfRangeException.ThrowIfNotEqual(inType, type);
        var what = new NativeInterpolation
        {
            InType = inType,
            Type = type,
            InRows = inRows,
            InColumns = inColumns,
            OutRows = outRows,
            OutColumns = outColumns,
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

    /// <summary>
    /// Each channel's mean over the cells of a grid, of which cell i of n has the rows, and columns, ⌊i · rows / n⌋ … ⌈(i + 1) · rows / n⌉ (PyTorch's
    /// <c>adaptive_avg_pool2d</c>).
    /// </summary>
    /// <param name="input">[row][column][channel] of <paramref name="type"/>.</param>
    /// <param name="type">Its type: floating point.</param>
    /// <param name="rows">Its rows, 1 or more.</param>
    /// <param name="columns">Its columns, 1 or more.</param>
    /// <param name="grid">Cells along each side, 1 or more.</param>
    /// <param name="mean">Takes [row of cells][column][channel].</param>
    public static void GridMean(void* input, MapType type, int rows, int columns, int grid, Span<float> mean)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(mean.Length % (grid * grid), 0);
        fixed (float* means = mean)
            Native.GridMean(input, type, rows, columns, mean.Length / grid / grid, grid, means);
    }

    /// <summary>In place, each pixel's channels times a weight for each channel.</summary>
    /// <param name="weights">One a channel.</param>
    /// <param name="type">Type of the map: floating point.</param>
    /// <param name="pixels">How many pixels.</param>
    /// <param name="map">[pixel][channel].</param>
    public static void WeighChannels(ReadOnlySpan<float> weights, MapType type, long pixels, void* map)
    {
        fixed (float* values = weights)
            Native.WeighChannels(values, type, pixels, weights.Length, map);
    }

    /// <summary>In place, the channels of each pixel of a rectangle times what a map of one channel has there.</summary>
    /// <param name="weights">Holds what the rectangle needs of the map of one channel.</param>
    /// <param name="type">Type of both maps: floating point.</param>
    /// <param name="row">First row of the rectangle.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="channels">Channels of the map that is weighed.</param>
    /// <param name="map">It, [row][column][channel].</param>
    public static void WeighPixels(MapPart weights, MapType type, int row, int column, int rows, int columns, int channels, void* map)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Channels, 1);
        var native = NativeOf(weights);
        Native.WeighPixels(&native, type, row, column, rows, columns, channels, map);
    }

    /// <summary>
    /// A map plus what all its positions see (Fan et al. 2020 as segmentation_models_pytorch has it): softmax, over all pairs of positions together, of query · key, times the
    /// values. That is [position][channel], and is added as if it were [channel][position].
    /// </summary>
    /// <param name="input">The map, [position][channel] of <paramref name="type"/>.</param>
    /// <param name="queries">[position][width].</param>
    /// <param name="keys">[position][width].</param>
    /// <param name="values">[position][channel].</param>
    /// <param name="type">Type of all maps: floating point.</param>
    /// <param name="positions">How many positions, 1 or more.</param>
    /// <param name="width">Channels of a query.</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="output">Takes [position][channel].</param>
    public static void PositionAttention(void* input, void* queries, void* keys, void* values, MapType type, int positions, int width, int channels, void* output) =>
        Native.PositionAttention(input, queries, keys, values, type, positions, width, channels, output);

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
