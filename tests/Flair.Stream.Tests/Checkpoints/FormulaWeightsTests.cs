using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

/// <summary>Expected values were computed with NumPy from the formula in the conformance data's README.</summary>
public sealed class FormulaWeightsTests
{
    [Theory]
    [InlineData("encoder.conv1.weight", new long[] { 64, 5, 7, 7 }, 0.10332632809877396f, 0.09947297722101212f)]
    [InlineData("encoder.bn1.weight", new long[] { 64 }, 1.0360676050186157f, 1.0362929105758667f)]
    [InlineData("encoder.bn1.running_var", new long[] { 64 }, 0.7775325775146484f, 0.8541455268859863f)]
    [InlineData("encoder.bn1.running_mean", new long[] { 64 }, -0.003701114561408758f, 0.13444030284881592f)]
    [InlineData("encoder.bn1.bias", new long[] { 64 }, 0.062430668622255325f, 0.096443310379982f)]
    public void First_and_last_value_of_a_parameter(string name, long[] shape, float first, float last)
    {
        var values = FormulaWeights.Parameter(name, shape);

        Assert.Equal(first, values[0]);
        Assert.Equal(last, values[^1]);
    }

    [Fact]
    public void Input_is_symmetric_about_zero()
    {
        Assert.Equal([-1.206545114517212f, 0.457081139087677f, -0.889127254486084f, -0.6766660809516907f], FormulaWeights.Input(4));
    }

    [Fact]
    public void Chunks_filled_in_parallel_equal_one_sequence()
    {
        var values = FormulaWeights.Parameter("x.weight", [200, 3000]);

        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        Assert.Equal("46e8f7317f2ed72991c652a2cc9a027111581a5f48eabc1bc378a806b01eb418", Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal(bytes, FormulaWeights.Create([("x.weight", [200, 3000])])["x.weight"].Data.Span);
    }

    [Fact]
    public void State_dict_keeps_order_and_counts_in_int64()
    {
        var state = FormulaWeights.Create([("b.num_batches_tracked", []), ("a.bias", [3]), ("empty", [0, 3])]);

        Assert.Equal(["b.num_batches_tracked", "a.bias", "empty"], state.Select(entry => entry.Key));
        Assert.Equal(ScalarType.Int64, state["b.num_batches_tracked"].Type);
        Assert.Equal(new byte[8], state["b.num_batches_tracked"].Data.ToArray());
        Assert.Equal(12, state["a.bias"].Data.Length);
        Assert.Equal(0, state["empty"].Data.Length);
    }

    [Theory]
    [InlineData(-1L, 1L)]
    [InlineData(1L << 40, 1L << 40)]
    public void Impossible_shape_is_an_error(long first, long second)
    {
        Assert.Throws<FlairException>(() => FormulaWeights.Parameter("x.weight", [first, second]));
    }
}
