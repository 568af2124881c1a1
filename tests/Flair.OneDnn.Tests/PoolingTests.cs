namespace Flair.OneDnn.Tests;

public sealed class PoolingTests
{
    [OneDnnTheory(MapType.BFloat16, MapType.UInt8)]
    [InlineData(12, 18, MapType.Float32)]
    [InlineData(13, 17, MapType.Float32)]
    [InlineData(13, 18, MapType.Float32)]
    [InlineData(1, 2, MapType.Float32)]
    [InlineData(12, 18, MapType.BFloat16)]
    [InlineData(13, 17, MapType.BFloat16)]
    [InlineData(12, 18, MapType.UInt8)]
    [InlineData(13, 17, MapType.UInt8)]
    [InlineData(12, 18, MapType.Int8)]
    [InlineData(13, 17, MapType.Int8)]
    public void The_largest_of_nine_without_regard_to_the_border(int rows, int columns, MapType type)
    {
        const int Channels = 24;
        // Mostly negative where the type has that: a border of zeros would win.
        var shift = type is MapType.Float32 or MapType.BFloat16 ? 0.75 : 0;
        var input = Maps.Random(type, rows * columns * Channels, 1).Select(value => value - shift).ToArray();
        input = Maps.Decode(type, Maps.Encode(type, input));
        var (outRows, outColumns) = ((rows + 1) / 2, (columns + 1) / 2);
        var expected = new double[outRows * outColumns * Channels];
        for (var i = 0; i < expected.Length; i++)
        {
            var (row, column, channel) = (i / Channels / outColumns, i / Channels % outColumns, i % Channels);
            expected[i] = double.NegativeInfinity;
            for (var y = Math.Max(0, (2 * row) - 1); y <= Math.Min(rows - 1, (2 * row) + 1); y++)
            {
                for (var x = Math.Max(0, (2 * column) - 1); x <= Math.Min(columns - 1, (2 * column) + 1); x++)
                    expected[i] = Math.Max(expected[i], input[(((y * columns) + x) * Channels) + channel]);
            }
        }

        using var pool = Operation.MaxPool(3, Channels, rows, columns, type);
        var output = Maps.Run(pool, Maps.Encode(type, input), new byte[expected.Length * type.Bytes()]);

        Assert.Equal(expected, Maps.Decode(type, output));
        Assert.True(type == MapType.UInt8 || expected.Any(value => value < 0));
    }

    [OneDnnTheory(MapType.BFloat16)]
    [InlineData(12, 18, 24, MapType.Float32)]
    [InlineData(13, 17, 24, MapType.Float32)]
    [InlineData(9, 2, 1, MapType.Float32)]
    [InlineData(13, 18, 24, MapType.BFloat16)]
    public void The_largest_of_four_without_a_last_odd_row_or_column(int rows, int columns, int channels, MapType type)
    {
        var input = Maps.Random(type, rows * columns * channels, 1);
        var (outRows, outColumns) = (rows / 2, columns / 2);
        var expected = Enumerable.Range(0, outRows * outColumns * channels).Select(i => Enumerable.Range(0, 4).Max(
            place => input[(((((i / channels / outColumns * 2) + (place / 2)) * columns) + (i / channels % outColumns * 2) + (place % 2)) * channels) + (i % channels)]));

        using var pool = Operation.MaxPool(2, channels, rows, columns, type);
        var output = Maps.Run(pool, Maps.Encode(type, input), new byte[outRows * outColumns * channels * type.Bytes()]);

        Assert.Equal(expected, Maps.Decode(type, output));
    }

    [OneDnnFact]
    public void Squares_of_another_size_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Operation.MaxPool(4, 16, 8, 8, MapType.Float32));

    [OneDnnFact]
    public void A_map_of_no_type_is_refused()
    {
        var error = Assert.Throws<OneDnnException>(() => Operation.MaxPool(3, 16, 8, 8, MapType.None));
        Assert.Equal("oneDNN: pooling: unknown element type -1", error.Message);
    }
}
