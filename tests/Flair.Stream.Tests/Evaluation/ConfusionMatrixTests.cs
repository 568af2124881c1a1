using Flair.Evaluation;

namespace Flair.Tests.Evaluation;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Pixels_are_counted_by_truth_and_prediction()
    {
        var matrix = new ConfusionMatrix(3);

        matrix.Add([0, 0, 1, 2, 2], [0, 1, 1, 0, 0]);

        Assert.Equal([1, 1, 0, 0, 1, 0, 2, 0, 0], matrix.ToArray());
        Assert.Equal((5, 2, 0), (matrix.Total, matrix.Right, matrix.Outside));
        Assert.Equal((2, 3), (matrix.Support(2), matrix.Predicted(0)));
    }

    [Fact]
    public void Pixels_outside_the_classes_are_left_out_and_told()
    {
        var matrix = new ConfusionMatrix(2);

        // Truth 0 is no class where supervision starts at one: it wraps to 255, as NumPy's uint8 does.
        matrix.Add([0, 1, 2, 3, 1, 3], [0, 0, 1, 1, 2, 200], startsAtOne: true);

        Assert.Equal([1, 0, 0, 1], matrix.ToArray());
        Assert.Equal((2, 3, 1), (matrix.Total, matrix.OutsideTruth, matrix.OutsidePrediction));
    }

    [Fact]
    public void The_most_classes_there_can_be_leave_255_outside()
    {
        var matrix = new ConfusionMatrix(255);
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

        matrix.Add(all, all);

        Assert.Equal((255, 255, 1), (matrix.Total, matrix.Right, matrix.Outside));
    }

    [Fact]
    public void Parts_add_up_to_the_whole()
    {
        var random = new Random(3);
        byte[] truth = [.. Enumerable.Range(0, 5000).Select(_ => (byte)random.Next(22))], prediction = [.. truth.Select(value => (byte)((value * 7) % 20))];
        var whole = new ConfusionMatrix(19);
        whole.Add(truth, prediction, startsAtOne: true);

        ConfusionMatrix first = new(19), second = new(19);
        first.Add(truth.AsSpan(0, 1234), prediction.AsSpan(0, 1234), startsAtOne: true);
        second.Add(truth.AsSpan(1234), prediction.AsSpan(1234), startsAtOne: true);
        first.Merge(second);

        Assert.Equal(whole.ToArray(), first.ToArray());
        Assert.Equal((whole.OutsideTruth, whole.OutsidePrediction), (first.OutsideTruth, first.OutsidePrediction));
        Assert.Equal(truth.Length, whole.Total + whole.Outside);
    }
}
