namespace Flair.OneDnn.Tests;

/// <summary>Convolutions against their definition, in the kinds that networks have.</summary>
public sealed class ConvolutionTests
{
    private static readonly Dictionary<string, ConvolutionShape> s_shapes = new()
    {
        ["3 × 3"] = Shape(16, 32, 3, padding: [1, 1, 1, 1]),
        ["1 × 1, odd channels"] = Shape(37, 21, 1, padding: [0, 0, 0, 0]),
        ["1 × 1, stride 2"] = Shape(32, 64, 1, padding: [0, 0, 0, 0], stride: 2),
        ["stem: 7 × 7, stride 2, 5 channels"] = Shape(5, 64, 7, padding: [3, 3, 3, 3], stride: 2),
        ["stem of an even map"] = Shape(5, 64, 7, padding: [3, 3, 2, 2], stride: 2, rows: 14, columns: 18),
        ["dilation 2"] = Shape(16, 16, 3, padding: [2, 2, 2, 2], dilation: 2),
        ["head: 19 classes"] = Shape(16, 19, 3, padding: [1, 1, 1, 1]),
        ["padding above and right"] = Shape(16, 32, 3, padding: [1, 0, 0, 1]),
        ["padding left and below, stride 2"] = Shape(16, 32, 3, padding: [0, 1, 1, 0], stride: 2),
        ["no padding"] = Shape(16, 32, 3, padding: [0, 0, 0, 0]),
        ["2 × 2"] = Shape(16, 24, 2, padding: [1, 0, 0, 1]),
        ["4 × 4"] = Shape(20, 16, 4, padding: [2, 2, 1, 1]),
        ["5 × 5, stride 2"] = Shape(16, 16, 5, padding: [2, 1, 1, 2], stride: 2),
        ["2 × 2, stride 2"] = Shape(21, 24, 2, padding: [0, 0, 0, 0], stride: 2, rows: 10, columns: 14),
        ["2 × 2, stride 2, a row and a column left over"] = Shape(16, 24, 2, padding: [0, 0, 0, 0], stride: 2, rows: 11, columns: 15),
        ["4 × 4, stride 4"] = Shape(8, 16, 4, padding: [0, 0, 0, 0], stride: 4, rows: 12, columns: 20),
        ["odd channels"] = Shape(37, 21, 3, padding: [1, 1, 1, 1]),
        ["odd channels, stride 2"] = Shape(33, 21, 3, padding: [1, 1, 1, 1], stride: 2),
        ["many channels"] = Shape(530, 16, 3, padding: [1, 1, 1, 1], rows: 9, columns: 6),
        ["one tile"] = Shape(16, 16, 3, padding: [1, 1, 1, 1], rows: 4, columns: 4),
        ["two tiles"] = Shape(16, 16, 3, padding: [1, 1, 1, 1], rows: 4, columns: 5),
        ["many tiles"] = Shape(16, 16, 3, padding: [1, 1, 1, 1], rows: 70, columns: 50),
        ["dilation 2, many tiles"] = Shape(16, 16, 3, padding: [2, 2, 2, 2], dilation: 2, rows: 40, columns: 33),
        ["dilation 4, cut"] = Shape(21, 16, 3, padding: [3, 0, 1, 4], dilation: 4, rows: 37, columns: 41),
        ["dilation 3, odd channels"] = Shape(13, 21, 3, padding: [3, 3, 3, 3], dilation: 3, rows: 24, columns: 26),
        ["dilation 9, wider than half the map"] = Shape(16, 16, 3, padding: [9, 9, 9, 9], dilation: 9, rows: 11, columns: 12),
        ["padding 2 above only, dilation 3"] = Shape(16, 32, 3, padding: [2, 0, 0, 3], dilation: 3),
    };

    public static TheoryData<string> Shapes => [.. s_shapes.Keys];

    [OneDnnTheory]
    [MemberData(nameof(Shapes))]
    public void Single_precision_is_the_definition(string name) => AssertFloats(s_shapes[name], MapType.Float32, MapType.Float32);

    [OneDnnTheory]
    [MemberData(nameof(Shapes))]
    public void Threads_that_share_a_map_change_nothing(string name) => AssertThreadsChangeNothing(name, MapType.Float32);

    [OneDnnTheory(MapType.BFloat16)]
    [MemberData(nameof(Shapes))]
    public void Threads_that_share_a_map_change_nothing_in_bfloat16(string name) => AssertThreadsChangeNothing(name, MapType.BFloat16);

    [OneDnnTheory]
    [MemberData(nameof(Shapes))]
    public void Images_that_are_computed_at_once_are_as_alone(string name) => AssertImagesAreAsAlone(name, MapType.Float32);

    [OneDnnTheory(MapType.BFloat16)]
    [MemberData(nameof(Shapes))]
    public void Images_that_are_computed_at_once_are_as_alone_in_bfloat16(string name) => AssertImagesAreAsAlone(name, MapType.BFloat16);

    [OneDnnFact]
    public void Saved_multiplications_cost_little_exactness()
    {
        var shape = Shape(128, 16, 3, padding: [0, 0, 0, 0]) with { InType = MapType.Float32, OutType = MapType.Float32 };
        var input = Maps.Random(MapType.Float32, shape.InRows * shape.InColumns * shape.InChannels, 1);
        var kernel = Maps.Random(MapType.Float32, shape.OutChannels * shape.InChannels * 9, 2);
        var none = new double[shape.OutRows * shape.OutColumns * shape.OutChannels];
        var (exact, _) = NaiveConvolution.Compute(shape, input, kernel, new double[shape.OutChannels], Ones(shape.OutChannels), none);

        using var operation = Operation.Convolution(shape, ToSingle(kernel), new float[shape.OutChannels]);
        var output = Maps.Decode(MapType.Float32, Maps.Run(operation, Maps.Encode(MapType.Float32, input), new byte[4 * none.Length]));

        var (largest, largestDirect) = (0.0, 0.0);
        for (var at = 0; at < exact.Length; at++)
        {
            var (pixel, o) = Math.DivRem(at, shape.OutChannels);
            var (y, x) = Math.DivRem(pixel, shape.OutColumns);
            var sum = 0f;
            for (var i = 0; i < shape.InChannels; i++)
            {
                for (var t = 0; t < 9; t++)
                    sum += (float)kernel[(((o * shape.InChannels) + i) * 9) + t] * (float)input[((((y + (t / 3)) * shape.InColumns) + x + (t % 3)) * shape.InChannels) + i];
            }

            largest = Math.Max(largest, Math.Abs(output[at] - exact[at]));
            largestDirect = Math.Max(largestDirect, Math.Abs(sum - exact[at]));
        }

        // Twice as large; with the usual interpolation points it is seven times.
        Assert.InRange(largest, 0, 3 * largestDirect);
    }

    [OneDnnFact]
    public void A_processor_with_AVX2_saves_multiplications()
    {
        var flags = OneDnnLibraryTests.ProcessorFlags();
        var shape = s_shapes["3 × 3"] with { InType = MapType.Float32, OutType = MapType.Float32 };

        using var operation = Operation.Convolution(shape, new float[16 * 32 * 9], new float[32]);

        Assert.Equal(flags.Contains("avx2") && flags.Contains("fma"), SavesMultiplications(operation));
    }

    [OneDnnFact]
    public void Taps_that_lie_apart_save_multiplications_where_the_map_is_larger_than_they_reach()
    {
        var flags = OneDnnLibraryTests.ProcessorFlags();
        var large = s_shapes["dilation 2, many tiles"] with { InType = MapType.Float32, OutType = MapType.Float32 };
        var small = s_shapes["dilation 9, wider than half the map"] with { InType = MapType.Float32, OutType = MapType.Float32 };

        using var saved = Operation.Convolution(large, new float[16 * 16 * 9], new float[16]);
        using var direct = Operation.Convolution(small, new float[16 * 16 * 9], new float[16]);

        Assert.Equal(flags.Contains("avx2") && flags.Contains("fma"), SavesMultiplications(saved));
        Assert.DoesNotContain("winograd", direct.Implementation, StringComparison.Ordinal);
    }

    [OneDnnTheory]
    [InlineData("one tile", 1, false)]
    [InlineData("one tile", 2, true)]
    [InlineData("two tiles", 1, true)]
    public void A_map_of_few_pixels_is_not_worth_a_larger_kernel(string name, int images, bool saves)
    {
        var flags = OneDnnLibraryTests.ProcessorFlags();
        var shape = s_shapes[name] with { InType = MapType.Float32, OutType = MapType.Float32, Images = images };

        using var operation = Operation.Convolution(shape, new float[16 * 16 * 9], new float[16]);

        Assert.Equal(saves && flags.Contains("avx2") && flags.Contains("fma"), SavesMultiplications(operation));
    }

    [OneDnnTheory(MapType.BFloat16)]
    [MemberData(nameof(Shapes))]
    public void BFloat16_is_the_definition_rounded(string name) => AssertFloats(s_shapes[name], MapType.BFloat16, MapType.BFloat16);

    [OneDnnTheory(MapType.BFloat16)]
    [InlineData("3 × 3", true)]
    [InlineData("dilation 2, many tiles", true)]
    [InlineData("stem: 7 × 7, stride 2, 5 channels", false)]
    public void A_processor_that_multiplies_bfloat16_but_no_matrices_saves_multiplications(string name, bool saves)
    {
        var shape = s_shapes[name] with { InType = MapType.BFloat16, OutType = MapType.BFloat16 };

        using var operation = Operation.Convolution(shape, new float[shape.OutChannels * shape.InChannels * shape.Kernel * shape.Kernel], new float[shape.OutChannels]);

        Assert.Equal(saves && !OneDnnLibraryTests.ProcessorFlags().Contains("amx_bf16"), SavesMultiplications(operation));
    }

    [OneDnnFact(MapType.BFloat16)]
    public void BFloat16_may_leave_in_single_precision() => AssertFloats(s_shapes["head: 19 classes"], MapType.BFloat16, MapType.Float32);

    [OneDnnTheory]
    [InlineData("3 × 3", 1f, true)]
    [InlineData("3 × 3", 0.37f, true)]
    [InlineData("3 × 3", 1f, false)]
    [InlineData("4 × 4, stride 4", 0.37f, true)]
    public void Single_precision_adds_what_is_there_before_the_ReLU(string shape, float sumScale, bool relu) =>
        AssertFloats(s_shapes[shape] with { SumType = MapType.Float32, SumScale = sumScale, Relu = relu }, MapType.Float32, MapType.Float32);

    [OneDnnFact(MapType.BFloat16)]
    public void BFloat16_adds_what_is_there_before_the_ReLU() =>
        AssertFloats(s_shapes["3 × 3"] with { SumType = MapType.BFloat16, SumScale = 1.5f, Relu = true }, MapType.BFloat16, MapType.BFloat16);

    [OneDnnTheory(MapType.UInt8)]
    [MemberData(nameof(Shapes))]
    public void Bytes_are_summed_without_loss(string name) => AssertBytes(s_shapes[name], MapType.Float32);

    [OneDnnTheory(MapType.UInt8)]
    [InlineData(64, 64)]
    [InlineData(127, 1)]
    [InlineData(-64, -64)]
    [InlineData(-1, -127)]
    [InlineData(127, -127)]
    public void The_largest_pairs_do_not_saturate(int even, int odd)
    {
        var shape = s_shapes["3 × 3"] with { InType = MapType.UInt8, OutType = MapType.Float32, Top = 0, Left = 0, Bottom = 0, Right = 0, OutRows = 1, OutColumns = 1, InRows = 3, InColumns = 3 };
        var kernel = new sbyte[shape.OutChannels * shape.InChannels * 9];
        for (var i = 0; i < kernel.Length; i++)
            kernel[i] = (sbyte)(i / 9 % 2 == 0 ? even : odd);
        var white = new byte[9 * shape.InChannels];
        Array.Fill(white, byte.MaxValue);

        using var operation = Operation.Convolution(shape, kernel, new float[shape.OutChannels], [.. Enumerable.Repeat(1f, shape.OutChannels)]);
        var output = Maps.Decode(MapType.Float32, Maps.Run(operation, white, new byte[4 * shape.OutChannels]));

        Assert.All(output, value => Assert.Equal(255.0 * 9 * (shape.InChannels / 2) * (even + odd), value));
    }

    [OneDnnTheory(MapType.UInt8)]
    [MemberData(nameof(Shapes))]
    public void Bytes_leave_as_the_nearest_bytes_saturated(string name)
    {
        AssertBytes(s_shapes[name], MapType.UInt8);
        AssertBytes(s_shapes[name], MapType.Int8);
        AssertBytes(s_shapes[name] with { Relu = true }, MapType.UInt8);
    }

    [OneDnnTheory(MapType.UInt8)]
    [InlineData(MapType.UInt8, MapType.UInt8, true)]
    [InlineData(MapType.UInt8, MapType.Int8, true)]
    [InlineData(MapType.Int8, MapType.Int8, false)]
    [InlineData(MapType.Float32, MapType.Float32, true)]
    public void Bytes_add_what_is_there_scaled(MapType outType, MapType sumType, bool relu) =>
        AssertBytes(s_shapes["3 × 3"] with { SumType = sumType, SumScale = 0.73f, Relu = relu }, outType);

    [OneDnnTheory(MapType.UInt8, MapType.BFloat16)]
    [InlineData(false)]
    [InlineData(true)]
    public void Bytes_may_leave_in_BFloat16(bool sum) =>
        AssertBytes(s_shapes["3 × 3"] with { SumType = sum ? MapType.BFloat16 : MapType.None, SumScale = sum ? 2 : 1, Relu = true }, MapType.BFloat16);

    [OneDnnTheory(MapType.UInt8)]
    [InlineData(MapType.UInt8)]
    [InlineData(MapType.Float32)]
    public void Bytes_add_another_map_before_the_ReLU(MapType outType) => AssertBytes(s_shapes["3 × 3"] with { AddedType = MapType.Float32, Relu = true }, outType);

    [OneDnnTheory(MapType.UInt8)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 3, 1, 2)]
    [InlineData(3, 0, 3, 1)]
    public void Transposed_convolutions_of_bytes_are_the_definition(int top, int left, int bottom, int right)
    {
        var shape = Transposed(top, left, bottom, right);
        AssertBytes(shape, MapType.Float32);
        AssertBytes(shape with { Relu = true }, MapType.UInt8);
    }

    [OneDnnTheory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 3, 1, 2)]
    [InlineData(3, 0, 3, 1)]
    [InlineData(3, 2, 3, 33)]
    public void Transposed_convolutions_of_numbers_are_the_definition(int top, int left, int bottom, int right)
    {
        var shape = Transposed(top, left, bottom, right);
        AssertFloats(shape with { Relu = true }, MapType.Float32, MapType.Float32);
        if (OneDnnLibrary.HasBFloat16)
            AssertFloats(shape, MapType.BFloat16, MapType.BFloat16);
    }

    [OneDnnFact]
    public void Transposed_convolutions_of_numbers_add_nothing()
    {
        var shape = Transposed(1, 1, 1, 1) with { InType = MapType.Float32, OutType = MapType.Float32, SumType = MapType.Float32 };
        Assert.Throws<OneDnnException>(() => Operation.Convolution(shape, new float[32 * 16 * 16], new float[16]));
    }

    [OneDnnFact]
    public void Refused_shapes_are_told_by_oneDNN()
    {
        var shape = s_shapes["3 × 3"] with { InType = MapType.Float32, OutType = MapType.Float32 };
        var (kernel, bias) = (new float[16 * 32 * 9], new float[32]);

        var error = Assert.Throws<OneDnnException>(() => Operation.Convolution(shape with { OutRows = shape.OutRows + 1 }, kernel, bias));

        Assert.StartsWith("oneDNN: convolution: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", error.Message, StringComparison.Ordinal);
        Assert.Throws<OneDnnException>(() => Operation.Convolution(shape with { OutType = MapType.None }, kernel, bias));
        using var accepted = Operation.Convolution(shape, kernel, bias);
        Assert.NotEmpty(accepted.Implementation);
    }

    [OneDnnFact]
    public void Weights_of_another_length_are_refused()
    {
        var shape = s_shapes["3 × 3"] with { InType = MapType.Float32, OutType = MapType.Float32 };
        Assert.Throws<ArgumentOutOfRangeException>(() => Operation.Convolution(shape, new float[(16 * 32 * 9) - 1], new float[32]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Operation.Convolution(shape, new float[16 * 32 * 9], new float[31]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Operation.Convolution(shape, new sbyte[16 * 32 * 9], new float[32], new float[33]));
    }

    private static void AssertThreadsChangeNothing(string name, MapType type)
    {
        var shape = s_shapes[name] with { InType = type, OutType = type, Relu = true };
        var input = Maps.Encode(type, Maps.Random(type, shape.InRows * shape.InColumns * shape.InChannels, 1));
        var kernel = ToSingle(Maps.Random(MapType.Float32, shape.OutChannels * shape.InChannels * shape.Kernel * shape.Kernel, 2));
        var bias = ToSingle(Maps.Random(MapType.Float32, shape.OutChannels, 3));

        byte[] Run(int threads)
        {
            using var operation = Operation.Convolution(shape with { Threads = threads }, kernel, bias);
            return Maps.Run(operation, input, new byte[type.Bytes() * shape.OutRows * shape.OutColumns * shape.OutChannels]);
        }

        Assert.Equal(Run(1), Run(3));
    }

    private static void AssertImagesAreAsAlone(string name, MapType type)
    {
        var shape = s_shapes[name] with { InType = type, OutType = type, SumType = s_shapes[name].Transposed ? MapType.None : type, Images = 3 };
        var kernel = ToSingle(Maps.Random(MapType.Float32, shape.OutChannels * shape.InChannels * shape.Kernel * shape.Kernel, 1));
        var bias = ToSingle(Maps.Random(MapType.Float32, shape.OutChannels, 2));
        byte[][] inputs = [.. Enumerable.Range(3, 3).Select(seed => Maps.Encode(type, Maps.Random(type, shape.InRows * shape.InColumns * shape.InChannels, seed)))];
        byte[][] held = [.. Enumerable.Range(6, 3).Select(seed => Maps.Encode(type, Maps.Random(type, shape.OutRows * shape.OutColumns * shape.OutChannels, seed)))];
        using var operation = Operation.Convolution(shape, kernel, bias);

        var alone = inputs.Zip(held, (input, before) => Maps.Run(operation, input, before)).ToArray();

        Assert.NotEqual(alone[0], alone[1]);
        Assert.Equal(alone, Maps.Run(operation, inputs, held));
        Assert.Equal(alone[..2], Maps.Run(operation, inputs[..2], held));
    }

    private static void AssertFloats(ConvolutionShape shape, MapType inType, MapType outType)
    {
        shape = shape with { InType = inType, OutType = outType };
        var input = Maps.Random(inType, shape.InRows * shape.InColumns * shape.InChannels, 1);
        // oneDNN converts the kernel to the input's type; these are of that type already.
        var kernel = Maps.Random(inType, shape.OutChannels * shape.InChannels * shape.Kernel * shape.Kernel, 2);
        var bias = Maps.Random(MapType.Float32, shape.OutChannels, 3);
        var before = Maps.Random(outType, shape.OutRows * shape.OutColumns * shape.OutChannels, 4);

        using var operation = Operation.Convolution(shape, ToSingle(kernel), ToSingle(bias));
        var output = Maps.Decode(outType, Maps.Run(operation, Maps.Encode(inType, input), Maps.Encode(outType, before)));

        var (values, magnitudes) = NaiveConvolution.Compute(shape, input, kernel, bias, Ones(shape.OutChannels), before);
        // Winograd's sums are of a tile's pixels, so rounding is that of the largest of them.
        if (SavesMultiplications(operation))
            Array.Fill(magnitudes, magnitudes.Max());
        if (SavesMultiplications(operation) && inType == MapType.BFloat16)
            AssertNearTheirSpread(values, output);
        else
            AssertNear(outType, values, magnitudes, output);
        if (shape.Relu)
            Assert.Contains(0, output);
    }

    /// <summary>Brings what is beyond <see cref="Operation.LargestPair"/> to it.</summary>
    private static void KeepPairs(ConvolutionShape shape, double[] kernel)
    {
        var taps = shape.Kernel * shape.Kernel;
        for (var at = 0; at < kernel.Length; at++)
        {
            if (at / taps % shape.InChannels % 2 == 1)
                kernel[at] = Math.Clamp(kernel[at], -Operation.LargestPair - Math.Min(0, kernel[at - taps]), Operation.LargestPair - Math.Max(0, kernel[at - taps]));
        }
    }

    private static void AssertBytes(ConvolutionShape shape, MapType outType)
    {
        shape = shape with { InType = MapType.UInt8, OutType = outType };
        var input = Maps.Random(MapType.UInt8, shape.InRows * shape.InColumns * shape.InChannels, 1);
        var kernel = Maps.Random(MapType.Int8, shape.OutChannels * shape.InChannels * shape.Kernel * shape.Kernel, 2);
        for (var i = 0; i < kernel.Length; i += 7)
            kernel[i] = 127;
        KeepPairs(shape, kernel);
        // A byte's mean is 127; sums spread by some 14 000 √taps. Both ends of a byte's range are to be passed.
        // A transposed one's are shared out among stride² output pixels.
        var mean = kernel.Average();
        var taps = kernel.Length / shape.OutChannels / (shape.Transposed ? shape.Stride * shape.Stride : 1);
        var unit = 100 / (14_000 * Math.Sqrt(taps));
        var scale = Maps.Random(MapType.Float32, shape.OutChannels, 5).Select(value => (double)(float)(unit * (1 + (value / 2)))).ToArray();
        // In units of the sum, as documented: the bias is scaled with it.
        var bias = Maps.Random(MapType.Float32, shape.OutChannels, 3).Select(value => (double)(float)((((250 * value) + 60) / unit) - (mean * 127 * taps))).ToArray();
        var before = Maps.Random(shape.SumType == MapType.None ? outType : shape.SumType, shape.OutRows * shape.OutColumns * shape.OutChannels, 4);
        var held = shape.SumType == MapType.None ? outType : shape.SumType;

        // A tenth of a byte's range up or down.
        double[] added = [.. Maps.Random(MapType.Float32, before.Length, 6).Select(value => (double)(float)(25 * value))];

        using var operation = Operation.Convolution(shape, kernel.Select(value => (sbyte)value).ToArray(), ToSingle(bias), ToSingle(scale));
        var output = Maps.Decode(outType, Maps.Run(operation, Maps.Encode(MapType.UInt8, input), Maps.Encode(held, before), shape.AddedType == MapType.None ? null : Maps.Encode(shape.AddedType, added)));

        var (values, magnitudes) = NaiveConvolution.Compute(shape, input, kernel, bias, scale, before, added);
        if (outType is MapType.Float32 or MapType.BFloat16)
        {
            AssertNear(outType, values, magnitudes, output);
            return;
        }

        var lowest = outType == MapType.UInt8 ? 0 : -128;
        Assert.Contains(lowest, output);
        Assert.Contains(lowest + 255, output);
        Assert.InRange(output.Count(value => value > lowest && value < lowest + 255), output.Length / 4, output.Length);
        for (var i = 0; i < values.Length; i++)
        {
            // Within rounding of single precision, what lies between two bytes may become either.
            var slack = 1e-6 * magnitudes[i];
            Assert.InRange(output[i], Nearest(outType, values[i] - slack), Nearest(outType, values[i] + slack));
        }
    }

    private static double Nearest(MapType type, double value) => Maps.Saturated(type, Math.Round(value, MidpointRounding.ToEven));

    private static void AssertNear(MapType type, double[] values, double[] magnitudes, double[] output)
    {
        Assert.Equal(values.Length, output.Length);
        // Half a step of the output's type, and the rounding of a sum in single precision.
        var step = type == MapType.BFloat16 ? Math.ScaleB(1, -8) : Math.ScaleB(1, -24);
        for (var i = 0; i < values.Length; i++)
            Assert.InRange(output[i] - values[i], -(step * Math.Abs(values[i]) * 1.01) - (1e-6 * magnitudes[i]), (step * Math.Abs(values[i]) * 1.01) + (1e-6 * magnitudes[i]));
    }

    /// <summary>
    /// What is multiplied is rounded to bfloat16 at the interpolation points. With random numbers that is 1.1 to 1.3 % of the values' root mean square (transposed, where half of
    /// a narrow map's tiles is cut off, 1.8), and the largest of thousands is 9 %: smooth maps have less.
    /// </summary>
    private static void AssertNearTheirSpread(double[] values, double[] output)
    {
        Assert.Equal(values.Length, output.Length);
        var spread = Math.Sqrt(values.Average(value => value * value));
        double[] errors = [.. values.Zip(output, (value, found) => Math.Abs(found - value) / spread)];
        Assert.InRange(Math.Sqrt(errors.Average(error => error * error)), 1e-4, 0.02);
        Assert.InRange(errors.Max(), 0, 0.12);
    }

    private static bool SavesMultiplications(Operation operation) => operation.Implementation.StartsWith("winograd:", StringComparison.Ordinal);

    private static ConvolutionShape Transposed(int top, int left, int bottom, int right) => Shape(32, 16, 4, padding: [3, 3, 3, 3]) with
    {
        Transposed = true,
        Stride = 2,
        OutRows = (2 * 13) + 2 - top - bottom,
        OutColumns = (2 * 17) + 2 - left - right,
        Top = top,
        Left = left,
        Bottom = bottom,
        Right = right,
    };

    private static double[] Ones(int count) => [.. Enumerable.Repeat(1.0, count)];

    private static float[] ToSingle(double[] values) => [.. values.Select(value => (float)value)];

    /// <param name="inputs">Channels that enter.</param>
    /// <param name="outputs">Channels that leave.</param>
    /// <param name="kernel">The kernel's side.</param>
    /// <param name="padding">Top, left, bottom, right.</param>
    /// <param name="stride">Stride.</param>
    /// <param name="dilation">Dilation.</param>
    /// <param name="rows">Rows that enter.</param>
    /// <param name="columns">Columns that enter.</param>
    private static ConvolutionShape Shape(int inputs, int outputs, int kernel, int[] padding, int stride = 1, int dilation = 1, int rows = 13, int columns = 17)
    {
        var reach = ((kernel - 1) * dilation) + 1;
        return new()
        {
            InChannels = inputs,
            InRows = rows,
            InColumns = columns,
            OutChannels = outputs,
            OutRows = ((rows + padding[0] + padding[2] - reach) / stride) + 1,
            OutColumns = ((columns + padding[1] + padding[3] - reach) / stride) + 1,
            Kernel = kernel,
            Stride = stride,
            Dilation = dilation,
            Top = padding[0],
            Left = padding[1],
            Bottom = padding[2],
            Right = padding[3],
            InType = MapType.None,
            OutType = MapType.None,
        };
    }
}
