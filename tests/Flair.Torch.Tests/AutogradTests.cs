namespace Flair.Torch.Tests;

public sealed class AutogradTests
{
    [Fact]
    public void ABackwardPassLeavesTheDerivative()
    {
        using var x = Tensor.From<float>([1, 2, 3], 3).RequireGradient_();
        using (var loss = Recorded(() =>
        {
            using var square = x.Mul(x);
            return square.Sum([0]);
        }))
        {
            Assert.Equal([14f], loss.ToArray<float>());
            Assert.Null(x.Gradient());
            loss.Backward();
        }

        using (var gradient = x.Gradient())
            Assert.Equal([2, 4, 6], gradient!.ToArray<float>());
        x.ClearGradient_();
        Assert.Null(x.Gradient());
    }

    [Fact]
    public void NothingIsRecordedUnlessAsked()
    {
        using var x = Tensor.From<float>([1, 2, 3], 3).RequireGradient_();
        using var sum = x.Sum([0]);
        Assert.Contains("does not require grad", Assert.Throws<TorchException>(sum.Backward).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CrossEntropyWeighsClasses()
    {
        using var logits = Tensor.From<float>([0, 2, 0, 0, 1, 0], 1, 3, 1, 2);
        using var classes = Tensor.From<long>([0, 1], 1, 1, 2);
        using var weights = Tensor.From<float>([1, 3, 0], 3);
        using var loss = logits.CrossEntropy(classes, weights);
        var first = Math.Log(1 + 1 + Math.E);
        var second = Math.Log(Math.Exp(2) + 1 + 1);
        Assert.Equal((first + (3 * second)) / 4, loss.ToArray<float>()[0], 1e-6);
    }

    [Fact]
    public void BatchNormInTrainingMovesItsStatistics()
    {
        using var input = Tensor.From<float>([1, 2, 3, 6], 2, 1, 1, 2);
        using var mean = Creation.Zeros([1]);
        using var variance = Creation.Full([1], 1);
        using var output = input.BatchNormTraining(null, null, mean, variance, momentum: 0.5, epsilon: 0);
        var deviation = MathF.Sqrt(3.5f);
        Assert.Equal(-2 / deviation, output.ToArray<float>()[0], 1e-5f);
        Assert.Equal([1.5f], mean.ToArray<float>());
        Assert.Equal(0.5f + (0.5f * 14 / 3), variance.ToArray<float>()[0], 1e-5f);
    }

    [Fact]
    public void DropoutFollowsTheSeed()
    {
        using var ones = Creation.Full([1000], 1);
        var first = Drop(7);
        Assert.Equal(first, Drop(7));
        Assert.NotEqual(first, Drop(8));
        Assert.InRange(first.Count(value => value == 0), 200, 300);
        Assert.All(first, value => Assert.True(value == 0 || Math.Abs(value - (1 / 0.75)) < 1e-6));

        float[] Drop(ulong seed)
        {
            LibTorch.Seed(seed);
            using var dropped = ones.Dropout(0.25);
            return dropped.ToArray<float>();
        }
    }

    private static Tensor Recorded(Func<Tensor> compute)
    {
        LibTorch.GradMode = GradMode.Record;
        try
        {
            return compute();
        }
        finally
        {
            LibTorch.GradMode = GradMode.None;
        }
    }
}
