namespace Flair.Torch.Tests;

public sealed class OperatorTests
{
    [Fact]
    public void ValuesSurviveTheWayInAndOut()
    {
        using var tensor = Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3);
        Assert.Equal([2, 3], tensor.Shape);
        Assert.Equal(TorchScalarType.Float32, tensor.ScalarType);
        Assert.Equal("cpu", tensor.Device);
        using var transposed = tensor.Transpose(0, 1);
        Assert.False(transposed.IsContiguous());
        Assert.Equal([1, 4, 2, 5, 3, 6], transposed.ToArray<float>());
    }

    [Fact]
    public void WritingIntoAViewWritesIntoItsSource()
    {
        using var image = Creation.Zeros([2, 3]);
        using var ones = Creation.Full([2, 2], 1);
        using (var view = image.Narrow(1, 1, 2))
            view.Add_(ones).Add_(ones, 0.5);
        Assert.Equal([0, 1.5f, 1.5f, 0, 1.5f, 1.5f], image.ToArray<float>());
    }

    [Fact]
    public void AConvolutionIsACrossCorrelation()
    {
        using var input = Tensor.From<float>([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
        using var weight = Tensor.From<float>([1, 0, 0, -1], 1, 1, 2, 2);
        using var bias = Tensor.From<float>([0.5f], 1);
        using var output = input.Conv2d(weight, bias);
        Assert.Equal([1, 1, 2, 2], output.Shape);
        Assert.Equal([-3.5f, -3.5f, -3.5f, -3.5f], output.ToArray<float>());
    }

    [Fact]
    public void ListsOfTensorsGoInAndOut()
    {
        using var a = Tensor.From<long>([1, 2], 2);
        using var b = Tensor.From<long>([3, 4], 2);
        using var both = Shaping.Cat(0, a, b);
        Assert.Equal([1L, 2, 3, 4], both.ToArray<long>());
        var parts = both.Chunk(2, 0);
        Assert.Equal([3L, 4], parts[1].ToArray<long>());
        foreach (var part in parts)
            part.Dispose();
    }

    [Fact]
    public void MaxNamesTheFirstOfEquals()
    {
        using var input = Tensor.From<float>([1, 5, 5, 7, 2, 7], 2, 3);
        var (values, indices) = input.Max(1);
        using (values)
        using (indices)
        {
            Assert.Equal([5f, 7f], values.ToArray<float>());
            Assert.Equal([1L, 0], indices.ToArray<long>());
        }
    }

    [Theory]
    [InlineData(TorchScalarType.BFloat16, 1.0078125)]
    [InlineData(TorchScalarType.Float16, 1.0048828125)]
    public void ConversionRoundsToNearestEven(TorchScalarType type, double expected)
    {
        using var input = Tensor.From<float>([1.0050f], 1);
        using var converted = input.To(type);
        using var back = converted.To(TorchScalarType.Float64);
        Assert.Equal(expected, back.ToArray<double>()[0]);
    }

    [Fact]
    public void ChannelsLastKeepsTheValuesAndChangesTheStrides()
    {
        using var input = Tensor.From<float>([1, 2, 3, 4, 5, 6, 7, 8], 1, 2, 2, 2);
        using var last = input.To("cpu", TorchScalarType.Float32, MemoryFormat.ChannelsLast);
        Assert.True(last.IsContiguous(MemoryFormat.ChannelsLast));
        Assert.Equal([8L, 1, 4, 2], last.Strides);
        Assert.Equal(input.ToArray<float>(), last.ToArray<float>());
    }

    [Fact]
    public void AFailureBecomesOneLineThatNamesTheOperator()
    {
        using var a = Creation.Zeros([2, 3]);
        using var b = Creation.Zeros([4, 5]);
        var failure = Assert.Throws<TorchException>(() => a.MatMul(b));
        Assert.StartsWith("libtorch: aten::matmul: ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public void ADisposedTensorIsRefused()
    {
        var tensor = Creation.Zeros([2]);
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.Relu());
    }

    [Fact]
    public void BilinearKnowsBothCornerRules()
    {
        using var input = Tensor.From<float>([0, 1], 1, 1, 1, 2);
        using var aligned = input.UpsampleBilinear2d(1, 4, alignCorners: true);
        using var halfPixel = input.UpsampleBilinear2d(1, 4, alignCorners: false);
        Assert.Equal([0f, 1 / 3f, 2 / 3f, 1f], aligned.ToArray<float>().Select(v => MathF.Round(v, 6)).ToArray(), (x, y) => MathF.Abs(x - y) < 1e-6f);
        Assert.Equal([0f, 0.25f, 0.75f, 1f], halfPixel.ToArray<float>());
    }

    /// <summary>Each bound operator is called once, as a misspelt name or overload shows only then.</summary>
    [Fact]
    public void EveryOperatorExists()
    {
        using var x = Tensor.From<float>([1, 2, 3, 4, 5, 6, 7, 8], 1, 2, 2, 2);
        using var w = Creation.Full([2, 2, 1, 1], 1);
        using var v = Creation.Full([2], 1);
        using var y = x.Clone();
        using var index = Tensor.From<long>([1], 1);
        var results = new[]
        {
            Creation.Empty([2]), Creation.Range(0, 3), x.To("cpu"), x.Contiguous(), y.Copy_(x).Clone(),
            x.ConvTranspose2d(w), x.Linear(v.Unsqueeze(0)), x.BatchNorm(v, v, v, v), x.LayerNorm([2], v, v), x.GroupNorm(2, v, v),
            x.Relu(), y.Relu_().Clone(), x.Gelu(), x.Sigmoid(), x.Silu(), x.Softmax(1),
            x.MaxPool2d(2, 2), x.AdaptiveAvgPool2d(1, 1), x.UpsampleNearest2d(2),
            x.Select(1, 0), x.Slice(3, 0, 2, 2), x.Reshape(-1), x.Permute(0, 2, 3, 1), x.Squeeze(0), x.Expand(3, -1, -1, -1), x.Flatten(1),
            Shaping.Stack(0, x, x), x.Pad([1, 1]), x.Roll([1], [3]), x.IndexSelect(1, index),
            x.GreaterThan(3).Where(x, y), y.MaskedFill_(x.EqualTo(8), -1).Clone(),
            x.Add(y), x.Add(1), y.Add_(1).Clone(), y.AddProduct_(x, x).Clone(), x.Sub(y), x.Mul(y), x.Mul(2), y.Mul_(x).Clone(), y.Mul_(2).Clone(),
            x.Div(y), y.Div_(x).Clone(), x.Floor(), x.Sqrt(), x.Rsqrt(), x.Clamp(0, 1), y.Fill_(3).Clone(), y.Zero_().Clone(),
            x.Sum([2, 3]), x.Mean([2, 3], keep: true), x.ArgMax(1), x.Amax([1]), x.Amin([1]),
        };
        foreach (var result in results)
        {
            Assert.True(result.ElementCount > 0);
            result.Dispose();
        }
    }
}
