using System.Runtime.InteropServices;

namespace Flair.OneDnn.Tests;

/// <summary>The passes over memory; each writes what it should and nothing behind.</summary>
public sealed unsafe class PassesTests
{
    [OneDnnTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Upsampling_puts_parts_of_maps_beside_each_other(int elementBytes)
    {
        // A rectangle that begins and ends between two pixels of the coarser map, of parts that begin before it.
        const int Row = 3, Column = 5, Rows = 6, Columns = 9;
        Part[] parts = [new(Channels: 5, Row: 1, Column: 1, Rows: 5, Columns: 7), new(Channels: 3, Row: 2, Column: 5, Rows: 8, Columns: 9), new(Channels: 1, Row: 0, Column: 0, Rows: 20, Columns: 15)];
        var data = parts.Select((part, index) => part.Fill(index, elementBytes)).ToArray();
        var pixel = parts.Sum(part => part.Channels) * elementBytes;
        var output = Maps.Guarded(Rows * Columns * pixel);

        var handles = data.Select(bytes => GCHandle.Alloc(bytes, GCHandleType.Pinned)).ToArray();
        try
        {
            var places = parts.Zip(handles, (part, handle) => new MapPart(handle.AddrOfPinnedObject(), part.Channels, part.Row, part.Column, part.Columns)).ToArray();
            fixed (byte* to = output)
                Passes.UpsampleBeside(places, elementBytes, Row, Column, Rows, Columns, to);
        }
        finally
        {
            foreach (var handle in handles)
                handle.Free();
        }

        var expected = new List<byte>();
        for (var y = Row; y < Row + Rows; y++)
        {
            for (var x = Column; x < Column + Columns; x++)
            {
                for (var index = 0; index < parts.Length; index++)
                {
                    for (var b = 0; b < parts[index].Channels * elementBytes; b++)
                        expected.Add(index == 0 ? ValueOf(index, y / 2, x / 2, b) : ValueOf(index, y, x, b));
                }
            }
        }

        Assert.Equal(expected, Maps.Unguarded(output));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32)]
    [InlineData(MapType.BFloat16)]
    public void Quantizing_rounds_half_to_even_and_saturates(MapType type)
    {
        // x · inverse step; the first and the fourth channel count in halves and quarters.
        double[] inverse = [2, 1, 0.25, 4];
        (double Times, byte Byte)[] cases =
        [
            (0, 0), (0.5, 0), (1.5, 2), (2.5, 2), (3.5, 4), (4.5, 4), (126.5, 126), (127.5, 128), (0.25, 0), (0.75, 1), (1.25, 1), (1.75, 2), (77, 77), (127, 127), (128, 128),
            (254, 254), (255, 255), (256, 255), (1000, 255), (1e30, 255), (double.PositiveInfinity, 255), (-0.5, 0), (-1, 0), (-300, 0), (double.NegativeInfinity, 0), (-0.0, 0), (1e-30, 0),
        ];
        // More pixels than a vector has, and no whole number of vectors.
        var pixels = Enumerable.Range(0, 3 * cases.Length).Select(i => cases[i % cases.Length]).ToArray();
        var input = Maps.Encode(type, [.. pixels.SelectMany(pixel => inverse.Select(step => pixel.Times / step))]);
        var output = Maps.Guarded(pixels.Length * inverse.Length);

        fixed (byte* from = input, to = output)
            Passes.Quantize(from, type, pixels.Length, [.. inverse.Select(step => (float)step)], to);

        Assert.Equal(pixels.SelectMany(pixel => Enumerable.Repeat(pixel.Byte, inverse.Length)), Maps.Unguarded(output));
    }

    [OneDnnFact]
    public void Quantizing_is_the_same_on_every_path_through_a_vector()
    {
        const int Channels = 19, Pixels = 53;
        var values = Maps.Random(MapType.Float32, Channels * Pixels, 1).Select(value => (double)(float)(150 * (1 + value))).ToArray();
        var inverse = Maps.Random(MapType.Float32, Channels, 2).Select(value => (float)(1 + (value / 2))).ToArray();
        var input = Maps.Encode(MapType.Float32, values);
        var output = Maps.Guarded(values.Length);

        fixed (byte* from = input, to = output)
            Passes.Quantize(from, MapType.Float32, Pixels, inverse, to);

        Assert.Equal(values.Select((value, i) => (byte)Math.Min(255, MathF.Round((float)value * inverse[i % Channels], MidpointRounding.ToEven))), Maps.Unguarded(output));
    }

    [OneDnnTheory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Looking_up_takes_each_byte_through_its_channels_table(int channels)
    {
        const int Pixels = 301;
        var input = Maps.Encode(MapType.UInt8, Maps.Random(MapType.UInt8, channels * Pixels, 1));
        AssertLookUp([.. Enumerable.Range(0, 256 * channels).Select(i => (ushort)(7 * i))]);
        AssertLookUp([.. Enumerable.Range(0, 256 * channels).Select(i => 1.5f * i)]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.LookUp<float>(input, Pixels + 1, new float[256 * channels], null));

        void AssertLookUp<T>(T[] tables)
            where T : unmanaged
        {
            var output = Maps.Guarded(channels * Pixels * sizeof(T));
            fixed (byte* to = output)
                Passes.LookUp<T>(input, Pixels, tables, to);
            var expected = Enumerable.Range(0, channels * Pixels).Select(i => tables[(256 * (i % channels)) + input[(i % channels * Pixels) + (i / channels)]]);
            Assert.Equal(expected, MemoryMarshal.Cast<byte, T>(Maps.Unguarded(output)).ToArray());
        }
    }

    [OneDnnTheory]
    [InlineData(1, 2)]
    [InlineData(3, 10)]
    [InlineData(5, 6)]
    [InlineData(8, 4)]
    public void Packing_puts_2_x_2_pixels_side_by_side_and_a_border_around_all(int channels, int size)
    {
        var input = Maps.Encode(MapType.UInt8, Maps.Random(MapType.UInt8, channels * size * size, 1));
        byte[] border = [.. Enumerable.Range(0, channels).Select(c => (byte)(200 + c))];
        var side = (size / 2) + 3;
        var output = Maps.Guarded(side * side * 4 * channels);
        fixed (byte* to = output)
            Passes.PackPixels(input, size, border, to);

        var expected =
            from row in Enumerable.Range(-2, side)
            from column in Enumerable.Range(-2, side)
            from part in Enumerable.Range(0, 4)
            from c in Enumerable.Range(0, channels)
            let y = (2 * row) + (part / 2)
            let x = (2 * column) + (part % 2)
            select y >= 0 && y < size && x >= 0 && x < size ? input[(((c * size) + y) * size) + x] : border[c];
        Assert.Equal(expected, Maps.Unguarded(output).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.PackPixels(input, size + 2, border, null));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32, MapType.Float32, 18, 14, false)]
    [InlineData(MapType.Float32, MapType.Float32, 72, 56, true)]
    [InlineData(MapType.Float32, MapType.Float32, 19, 15, true)]
    [InlineData(MapType.Float32, MapType.Float32, 9, 7, false)]
    [InlineData(MapType.BFloat16, MapType.BFloat16, 36, 28, false)]
    [InlineData(MapType.BFloat16, MapType.BFloat16, 19, 14, true)]
    [InlineData(MapType.Float32, MapType.BFloat16, 19, 14, true)]
    public void Interpolation_lays_the_corners_upon_each_other(MapType inType, MapType type, int outRows, int outColumns, bool add)
    {
        // Of a map of 9 × 7, the part that begins at row 2, column 1, for a rectangle that ends at the map's last pixel.
        const int Rows = 9, Columns = 7, Channels = 19, PartRow = 2, PartColumn = 1;
        var map = Maps.Random(inType, Rows * Columns * Channels, 1);
        var part = Enumerable.Range(0, map.Length).Where(i => i / Channels / Columns >= PartRow && i / Channels % Columns >= PartColumn).Select(i => map[i]).ToArray();
        int row = outRows * PartRow * 3 / 2 / Rows, column = outColumns * PartColumn * 3 / 2 / Columns;
        int rows = outRows - row, columns = outColumns - column;
        var before = Maps.Random(type, rows * columns * Channels, 2);
        byte[] input = Maps.Encode(inType, part), output = [.. Maps.Encode(type, before), .. Maps.Guarded(0)];

        fixed (byte* from = input, to = output)
        {
            Passes.Interpolate(
                new((nint)from, Channels, PartRow, PartColumn, Columns - PartColumn), inType, Rows, Columns, type, outRows, outColumns, row, column, rows, columns, add, to);
        }

        var actual = Maps.Decode(type, Maps.Unguarded(output));
        for (var i = 0; i < actual.Length; i++)
        {
            var (y, x, c) = (row + (i / Channels / columns), column + (i / Channels % columns), i % Channels);
            var (down, right) = ((double)y * (Rows - 1) / (outRows - 1), (double)x * (Columns - 1) / (outColumns - 1));
            var expected = add ? before[i] : 0;
            for (var r = 0; r < Rows; r++)
            {
                for (var s = 0; s < Columns; s++)
                    expected += Math.Max(0, 1 - Math.Abs(down - r)) * Math.Max(0, 1 - Math.Abs(right - s)) * map[(((r * Columns) + s) * Channels) + c];
            }

            Assert.Equal(expected, actual[i], (type == MapType.BFloat16 ? 0.004 * Math.Abs(expected) : 0) + 1e-5);
        }

        if (inType == MapType.BFloat16)
            Assert.Throws<ArgumentOutOfRangeException>(() => Passes.Interpolate(default, inType, 1, 1, MapType.Float32, 1, 1, 0, 0, 1, 1, add, null));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32)]
    [InlineData(MapType.BFloat16)]
    public void One_pixel_interpolated_is_the_same_everywhere(MapType type)
    {
        const int Channels = 21, Rows = 3, Columns = 5;
        var pixel = Maps.Random(MapType.Float32, Channels, 1);
        var input = Maps.Encode(MapType.Float32, pixel);
        var output = Maps.Guarded(Rows * Columns * Channels * type.Bytes());

        fixed (byte* from = input, to = output)
            Passes.Interpolate(new((nint)from, Channels, 0, 0, 1), MapType.Float32, 1, 1, type, 9, 9, 4, 2, Rows, Columns, false, to);

        Assert.Equal(Maps.Encode(type, [.. Enumerable.Repeat(pixel, Rows * Columns).SelectMany(values => values)]), Maps.Unguarded(output));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32)]
    [InlineData(MapType.BFloat16)]
    public void A_rectangle_is_added_to_of_what_lies_there(MapType type)
    {
        // The other map begins before the rectangle and is wider.
        const int Channels = 19, PartRow = 2, PartColumn = 3, PartColumns = 11, Row = 4, Column = 5, Rows = 6, Columns = 7;
        var other = Maps.Random(type, (Row + Rows - PartRow) * PartColumns * Channels, 1);
        var before = Maps.Random(type, Rows * Columns * Channels, 2);
        byte[] input = Maps.Encode(type, other), map = [.. Maps.Encode(type, before), .. Maps.Guarded(0)];

        fixed (byte* from = input, to = map)
            Passes.Add(new((nint)from, Channels, PartRow, PartColumn, PartColumns), type, Row, Column, Rows, Columns, to);

        var expected = before.Select((value, i) =>
            value + other[((((Row - PartRow + (i / Channels / Columns)) * PartColumns) + Column - PartColumn + (i / Channels % Columns)) * Channels) + (i % Channels)]);
        Assert.Equal(Maps.Encode(type, [.. expected]), Maps.Unguarded(map));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32)]
    [InlineData(MapType.BFloat16)]
    public void Groups_of_channels_are_normalized_over_all_pixels(MapType type)
    {
        const int Pixels = 77, Channels = 24, Groups = 4, Width = Channels / Groups;
        const float Epsilon = 0.01f;
        // Each group about a mean of its own.
        double[] values = [.. Maps.Random(type, Pixels * Channels, 1).Select((value, i) => Maps.Rounded((4 * value) + (i % Channels / Width), type == MapType.BFloat16 ? 8 : 24))];
        var (weight, bias) = (Maps.Random(MapType.Float32, Channels, 2), Maps.Random(MapType.Float32, Channels, 3));
        byte[] map = [.. Maps.Encode(type, values), .. Maps.Guarded(0)];

        fixed (byte* at = map)
            Passes.GroupNorm(at, type, Pixels, Groups, [.. weight.Select(value => (float)value)], [.. bias.Select(value => (float)value)], Epsilon);

        var actual = Maps.Decode(type, Maps.Unguarded(map));
        for (var i = 0; i < values.Length; i++)
        {
            var group = values.Where((_, other) => other % Channels / Width == i % Channels / Width).ToArray();
            var mean = group.Average();
            var variance = group.Average(value => (value - mean) * (value - mean));
            var expected = Math.Max(0, ((values[i] - mean) / Math.Sqrt(variance + Epsilon) * weight[i % Channels]) + bias[i % Channels]);
            Assert.Equal(expected, actual[i], (type == MapType.BFloat16 ? 0.004 * expected : 0) + 1e-5);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.GroupNorm(null, type, 1, 5, new float[Channels], new float[Channels], Epsilon));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32, 32)]
    [InlineData(MapType.Float32, 37)]
    [InlineData(MapType.BFloat16, 37)]
    public void Channels_are_normalized_pixel_by_pixel(MapType type, int channels)
    {
        const int Pixels = 19;
        const float Epsilon = 0.01f;
        double[] values = [.. Maps.Random(type, Pixels * channels, 1).Select((value, i) => Maps.Rounded((4 * value) + (i / channels), type == MapType.BFloat16 ? 8 : 24))];
        var (weight, bias) = (Maps.Random(MapType.Float32, channels, 2), Maps.Random(MapType.Float32, channels, 3));
        var input = Maps.Encode(type, values);
        var output = Maps.Guarded(input.Length);

        fixed (byte* from = input, to = output)
            Passes.LayerNorm(from, type, Pixels, ToSingle(weight), ToSingle(bias), Epsilon, to);

        var actual = Maps.Decode(type, Maps.Unguarded(output));
        for (var i = 0; i < values.Length; i++)
        {
            var pixel = values[(i / channels * channels)..((i / channels * channels) + channels)];
            var mean = pixel.Average();
            var expected = ((values[i] - mean) / Math.Sqrt(pixel.Average(value => (value - mean) * (value - mean)) + Epsilon) * weight[i % channels]) + bias[i % channels];
            Assert.Equal(expected, actual[i], (type == MapType.BFloat16 ? 0.004 * Math.Abs(expected) : 0) + 1e-5);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.LayerNorm(null, type, 1, new float[channels], new float[channels + 1], Epsilon, null));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32, 21, 1, false)]
    [InlineData(MapType.Float32, 150, 1, true)]
    [InlineData(MapType.Float32, 256, 3, false)]
    [InlineData(MapType.BFloat16, 40, 2, true)]
    public void Channels_are_convolved_by_themselves(MapType type, int channels, int dilation, bool gelu)
    {
        // Of a map of 9 × 11, the part from row 1 and column 0 on, for a rectangle that touches the map's edges below and left.
        const int Rows = 9, Columns = 11, PartRow = 1, Right = 6;
        var map = Maps.Random(type, Rows * Columns * channels, 1);
        var (taps, bias) = (Maps.Random(MapType.Float32, 9 * channels, 2), Maps.Random(MapType.Float32, channels, 3));
        var row = PartRow + dilation;
        var rows = Rows - row;
        var input = Maps.Encode(type, map[(PartRow * Columns * channels)..]);
        var output = Maps.Guarded(rows * Right * channels * type.Bytes());

        fixed (byte* from = input, to = output)
            Passes.DepthwiseConvolution(new((nint)from, channels, PartRow, 0, Columns), type, Rows, Columns, dilation, gelu, ToSingle(taps), ToSingle(bias), row, 0, rows, Right, to);

        var actual = Maps.Decode(type, Maps.Unguarded(output));
        for (var i = 0; i < actual.Length; i++)
        {
            var (y, x, c) = (row + (i / channels / Right), i / channels % Right, i % channels);
            var sum = bias[c];
            for (var t = 0; t < 9; t++)
            {
                var (seenRow, seenColumn) = (y + (((t / 3) - 1) * dilation), x + (((t % 3) - 1) * dilation));
                if (seenRow is >= 0 and < Rows && seenColumn is >= 0 and < Columns)
                    sum += map[(((seenRow * Columns) + seenColumn) * channels) + c] * taps[(t * channels) + c];
            }

            var expected = gelu ? sum * NormalShare(sum) : sum;
            Assert.Equal(expected, actual[i], (type == MapType.BFloat16 ? 0.004 * Math.Abs(expected) : 0) + 2e-6);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.DepthwiseConvolution(
            new(0, channels, 0, 0, 1), type, 1, 1, 1, false, new float[9], new float[channels], 0, 0, 1, 1, null));
    }

    [OneDnnTheory(MapType.UInt8)]
    [InlineData(MapType.Float32, 100, 64, 32, 1)]
    [InlineData(MapType.Float32, 49, 9, 96, 3)]
    [InlineData(MapType.Float32, 5, 300, 20, 2)]
    [InlineData(MapType.BFloat16, 50, 21, 64, 2)]
    public void Attention_is_the_definition(MapType type, int queryCount, int keyCount, int channels, int heads)
    {
        // Some similarities are far above others.
        double[] queries = [.. Maps.Random(type, queryCount * channels, 1).Select(value => 4 * value)], keysValues = [.. Maps.Random(type, keyCount * 2 * channels, 2).Select(value => 2 * value)];
        byte[] from = Maps.Encode(type, queries), other = Maps.Encode(type, keysValues);
        var output = Maps.Guarded(from.Length);

        fixed (byte* asked = from, seen = other, to = output)
            Passes.Attention(asked, seen, type, queryCount, keyCount, channels, heads, to);

        var actual = Maps.Decode(type, Maps.Unguarded(output));
        var depth = channels / heads;
        for (var q = 0; q < queryCount; q++)
        {
            for (var head = 0; head < heads; head++)
            {
                double[] shares = [.. Enumerable.Range(0, keyCount).Select(k => Math.Exp(
                    Enumerable.Range(head * depth, depth).Sum(c => queries[(q * channels) + c] * keysValues[(k * 2 * channels) + c]) / Math.Sqrt(depth)))];
                for (var c = head * depth; c < (head + 1) * depth; c++)
                {
                    var expected = Enumerable.Range(0, keyCount).Sum(k => shares[k] * keysValues[(((k * 2) + 1) * channels) + c]) / shares.Sum();
                    Assert.Equal(expected, actual[(q * channels) + c], (type == MapType.BFloat16 ? 0.004 * Math.Abs(expected) : 0) + 1e-5);
                }
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.Attention(null, null, type, 1, 1, channels, channels + 1, null));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32, 1)]
    [InlineData(MapType.Float32, 2)]
    [InlineData(MapType.Float32, 6)]
    [InlineData(MapType.BFloat16, 3)]
    [InlineData(MapType.BFloat16, 20)]
    public void A_grids_means_are_of_cells_that_overlap_where_they_must(MapType type, int grid)
    {
        const int Rows = 14, Columns = 19, Channels = 21;
        var values = Maps.Random(type, Rows * Columns * Channels, 1);
        var input = Maps.Encode(type, values);
        var means = new float[grid * grid * Channels];

        fixed (byte* from = input)
            Passes.GridMean(from, type, Rows, Columns, grid, means);

        for (var i = 0; i < means.Length; i++)
        {
            var (row, column, channel) = (i / Channels / grid, i / Channels % grid, i % Channels);
            Assert.Equal(values.Where((_, at) => IsIn(at / Channels / Columns, row, Rows) && IsIn(at / Channels % Columns, column, Columns) && at % Channels == channel).Average(), means[i], 1e-6);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.GridMean(null, type, 1, 1, 2, new float[Channels]));

        bool IsIn(int place, int cell, int size) => place >= Math.Floor((double)cell * size / grid) && place < Math.Ceiling((cell + 1.0) * size / grid);
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32)]
    [InlineData(MapType.BFloat16)]
    public void Channels_are_weighed(MapType type)
    {
        const int Pixels = 31, Channels = 21;
        var weights = Maps.Random(MapType.Float32, Channels, 1);
        var before = Maps.Random(type, Pixels * Channels, 2);
        byte[] map = [.. Maps.Encode(type, before), .. Maps.Guarded(0)];

        fixed (byte* at = map)
            Passes.WeighChannels(ToSingle(weights), type, Pixels, at);

        var expected = before.Select((value, i) => (double)((float)value * (float)weights[i % Channels]));
        Assert.Equal(Maps.Encode(type, [.. expected]), Maps.Unguarded(map));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32)]
    [InlineData(MapType.BFloat16)]
    public void Pixels_are_weighed(MapType type)
    {
        // The weights begin before the rectangle and are wider.
        const int Channels = 21, PartRow = 1, PartColumn = 2, PartColumns = 9, Row = 3, Column = 4, Rows = 5, Columns = 6;
        var weights = Maps.Random(type, (Row + Rows - PartRow) * PartColumns, 1);
        var before = Maps.Random(type, Rows * Columns * Channels, 2);
        byte[] input = Maps.Encode(type, weights), map = [.. Maps.Encode(type, before), .. Maps.Guarded(0)];

        fixed (byte* from = input, to = map)
            Passes.WeighPixels(new((nint)from, 1, PartRow, PartColumn, PartColumns), type, Row, Column, Rows, Columns, Channels, to);

        var expected = before.Select((value, i) =>
            (double)((float)value * (float)weights[((Row - PartRow + (i / Channels / Columns)) * PartColumns) + Column - PartColumn + (i / Channels % Columns)]));
        Assert.Equal(Maps.Encode(type, [.. expected]), Maps.Unguarded(map));
        Assert.Throws<ArgumentOutOfRangeException>(() => Passes.WeighPixels(new(0, 2, 0, 0, 1), type, 0, 0, 1, 1, Channels, null));
    }

    [OneDnnTheory]
    [InlineData(MapType.Float32, 9, 21)]
    [InlineData(MapType.Float32, 64, 40)]
    [InlineData(MapType.BFloat16, 30, 17)]
    public void Positions_share_one_softmax_and_what_they_see_is_exchanged(MapType type, int positions, int channels)
    {
        const int Width = 11;
        // Some similarities are far above others.
        double[] queries = [.. Maps.Random(type, positions * Width, 1).Select(value => 4 * value)], keys = Maps.Random(type, positions * Width, 2);
        double[] values = [.. Maps.Random(type, positions * channels, 3).Select(value => 16 * value)], map = Maps.Random(type, positions * channels, 4);
        byte[] asked = Maps.Encode(type, queries), offered = Maps.Encode(type, keys), seen = Maps.Encode(type, values), input = Maps.Encode(type, map);
        var output = Maps.Guarded(input.Length);

        fixed (byte* a = asked, b = offered, c = seen, from = input, to = output)
            Passes.PositionAttention(from, a, b, c, type, positions, Width, channels, to);

        var shares = new double[positions * positions];
        for (var i = 0; i < shares.Length; i++)
            shares[i] = Math.Exp(Enumerable.Range(0, Width).Sum(w => queries[(i / positions * Width) + w] * keys[(i % positions * Width) + w]));
        var sum = shares.Sum();
        var actual = Maps.Decode(type, Maps.Unguarded(output));
        for (var position = 0; position < positions; position++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                // Where [position][channel] is taken for [channel][position].
                var at = (channel * positions) + position;
                var expected = map[(position * channels) + channel]
                    + Enumerable.Range(0, positions).Sum(p => shares[(at / channels * positions) + p] / sum * values[(p * channels) + (at % channels)]);
                Assert.Equal(expected, actual[(position * channels) + channel], (type == MapType.BFloat16 ? 0.004 * Math.Abs(expected) : 0) + 1e-5);
            }
        }
    }

    private static float[] ToSingle(double[] values) => [.. values.Select(value => (float)value)];

    /// <summary>The share of the normal distribution below x, by Simpson's rule.</summary>
    private static double NormalShare(double x)
    {
        const int Steps = 2000;
        var h = x / Steps;
        var sum = Enumerable.Range(0, Steps + 1).Sum(i => (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-i * h * (i * h) / 2));
        return 0.5 + (sum * h / 3 / Math.Sqrt(2 * Math.PI));
    }

    /// <summary>The byte of a part's whole map at a place.</summary>
    private static byte ValueOf(int part, int row, int column, int b) => unchecked((byte)((71 * part) + (31 * row) + (7 * column) + b));

    private readonly record struct Part(int Channels, int Row, int Column, int Rows, int Columns)
    {
        public byte[] Fill(int index, int elementBytes)
        {
            var part = this;
            var pixel = Channels * elementBytes;
            return [.. Enumerable.Range(0, Rows * Columns * pixel).Select(i => ValueOf(index, part.Row + (i / pixel / part.Columns), part.Column + (i / pixel % part.Columns), i % pixel))];
        }
    }
}
