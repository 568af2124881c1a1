namespace Flair.Checkpoints;

/// <summary>
/// Weights and inputs that are a function of a name and an index, so that two programs can compare a network without exchanging a
/// file. All arithmetic is in double precision, the result is rounded to single precision:
/// <code>
/// unit(name, i) = (mix(fnv1a64(name) + (i + 1) * 0x9E3779B97F4A7C15) >> 40) / 2^24        i = 0, 1, … row-major
/// sym(name, i)  = 2 unit(name, i) − 1
/// </code>
/// where <c>mix</c> is the finalizer of SplitMix64 (Steele, Lea, Flood 2014) and <c>fnv1a64</c> the 64-bit FNV-1a hash of the UTF-8 name.
/// By the last part of a parameter's name and its shape S:
/// <c>num_batches_tracked</c> 0; <c>running_mean</c> 0.2 sym; <c>running_var</c> 1 + 0.5 sym; two or more dimensions
/// √(3 / (S[1] S[2] …)) sym; <c>weight</c> 1 + 0.2 sym; all others 0.1 sym.
/// </summary>
public static class FormulaWeights
{
    /// <summary>The values of a floating-point parameter, row-major.</summary>
    /// <param name="name">Its full name in the state dict; the formula is chosen by what follows the last dot.</param>
    /// <param name="shape">Its dimensions, 0 or more each; empty for a scalar.</param>
    /// <exception cref="FlairException">The shape has a negative dimension or more elements than an array holds.</exception>
    public static float[] Parameter(string name, IReadOnlyList<long> shape)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        var values = new float[CountOf(name, shape)];
        var (offset, scale) = Affine(name, shape);
        NamedRandom.Fill(values, Formula(name, offset, scale));
        return values;
    }

    /// <summary>The values of an input tensor, row-major: 1.5 sym("input", i), so in [−1.5, 1.5).</summary>
    /// <param name="count">Number of elements, 0 or more.</param>
    public static float[] Input(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var values = new float[count];
        NamedRandom.Fill(values, Formula("input", 0, 1.5));
        return values;
    }

    /// <summary>The number in [0, 1) that belongs to a name and an index: <c>unit</c> of the formula.</summary>
    public static double Unit(string name, long index) => NamedRandom.Unit(NamedRandom.Start(name), (ulong)index);

    /// <summary>A state dict with the formula's value for each parameter, in their order: float32, and int64 for <c>num_batches_tracked</c>.</summary>
    /// <param name="specs">Names, all different, and shapes.</param>
    /// <exception cref="FlairException">A shape has a negative dimension or more elements than an array holds.</exception>
    public static StateDict Create(IEnumerable<(string Name, IReadOnlyList<long> Shape)> specs)
    {
        ArgumentNullException.ThrowIfNull(specs);
        var state = new StateDict();
        foreach (var (name, shape) in specs)
        {
            var count = CountOf(name, shape);
            var isCounter = Leaf(name) == "num_batches_tracked";
            var bytes = new byte[checked(count * (isCounter ? sizeof(long) : sizeof(float)))];
            if (!isCounter)
            {
                var (offset, scale) = Affine(name, shape);
                NamedRandom.Fill(bytes, Formula(name, offset, scale));
            }

            state.Add(name, new StoredTensor(isCounter ? ScalarType.Int64 : ScalarType.Float32, [.. shape], bytes));
        }

        return state;
    }

    private static (double Offset, double Scale) Affine(string name, IReadOnlyList<long> shape)
    {
        switch (Leaf(name))
        {
            case "running_mean":
                return (0, 0.2);
            case "running_var":
                return (1, 0.5);
        }

        if (shape.Count >= 2)
            return (0, Math.Sqrt(3.0 / TensorShape.Elements(shape.Skip(1))));
        return Leaf(name) == "weight" ? (1, 0.2) : (0, 0.1);
    }

    private static Func<ulong, double> Formula(string name, double offset, double scale)
    {
        var start = NamedRandom.Start(name);
        return index => offset + (scale * ((2 * NamedRandom.Unit(start, index)) - 1));
    }

    private static string Leaf(string name) => name[(name.LastIndexOf('.') + 1)..];

    private static int CountOf(string name, IReadOnlyList<long> shape)
    {
        var count = 1L;
        foreach (var side in shape)
        {
            if (side < 0 || (side > 0 && count > Array.MaxLength / sizeof(long) / side))
                throw new FlairException($"{name}: no weights can be made for the shape [{string.Join(", ", shape)}]");
            count *= side;
        }

        return (int)count;
    }
}
