namespace Flair.Evaluation;

/// <summary>
/// How often each class was predicted where each class was true, in pixels. One thread at a time; make one a thread and <see cref="Merge"/> them.
/// A pixel whose truth or prediction is no class is not counted, as scikit-learn's <c>confusion_matrix</c> with <c>labels</c> does, which
/// FLAIR-1 calls; it is only told, in <see cref="Outside"/>.
/// </summary>
public sealed class ConfusionMatrix
{
    private const int Values = 256;

    // One more row and one more column than classes gather the pixels outside, so that counting takes no branch.
    private readonly int _side;
    private readonly long[] _counts;

    /// <summary>An empty matrix.</summary>
    /// <param name="classes">Number of classes, 1 to 255.</param>
    public ConfusionMatrix(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(classes, Values - 1);
        Classes = classes;
        _side = classes + 1;
        _counts = new long[_side * _side];
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Pixels counted.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            for (var truth = 0; truth < Classes; truth++)
                total += Support(truth);
            return total;
        }
    }

    /// <summary>Pixels counted whose prediction is their truth.</summary>
    public long Right
    {
        get
        {
            var right = 0L;
            for (var index = 0; index < Classes; index++)
                right += this[index, index];
            return right;
        }
    }

    /// <summary>Pixels not counted because their truth is no class.</summary>
    public long OutsideTruth
    {
        get
        {
            var outside = 0L;
            for (var prediction = 0; prediction < _side; prediction++)
                outside += _counts[(Classes * _side) + prediction];
            return outside;
        }
    }

    /// <summary>Pixels not counted because their prediction is no class, though their truth is.</summary>
    public long OutsidePrediction
    {
        get
        {
            var outside = 0L;
            for (var truth = 0; truth < Classes; truth++)
                outside += _counts[(truth * _side) + Classes];
            return outside;
        }
    }

    /// <summary>Pixels not counted.</summary>
    public long Outside => OutsideTruth + OutsidePrediction;

    /// <summary>Pixels of one class that were predicted as another, or as the same.</summary>
    /// <param name="truth">Index of the true class, from 0.</param>
    /// <param name="prediction">Index of the predicted class, from 0.</param>
    public long this[int truth, int prediction] => _counts[Place(truth, prediction)];

    /// <summary>A matrix of given counts.</summary>
    /// <param name="counts">[truth, prediction], as many rows as columns, none negative.</param>
    public static ConfusionMatrix Of(long[,] counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.GetLength(0) != counts.GetLength(1))
            throw new ArgumentException("a confusion matrix has as many rows as columns", nameof(counts));
        var matrix = new ConfusionMatrix(counts.GetLength(0));
        for (var truth = 0; truth < matrix.Classes; truth++)
        {
            for (var prediction = 0; prediction < matrix.Classes; prediction++)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(counts[truth, prediction], nameof(counts));
                matrix._counts[matrix.Place(truth, prediction)] = counts[truth, prediction];
            }
        }

        return matrix;
    }

    /// <summary>Counts pixels.</summary>
    /// <param name="truth">Their true values.</param>
    /// <param name="prediction">As many class indices, from 0.</param>
    /// <param name="startsAtOne">Whether the true value 1 is class 0, and 0 is no class (<c>supervision_starts_at_one</c>).</param>
    public void Add(ReadOnlySpan<byte> truth, ReadOnlySpan<byte> prediction, bool startsAtOne = false)
    {
        if (truth.Length != prediction.Length)
            throw new ArgumentException($"{prediction.Length} predictions for {truth.Length} pixels", nameof(prediction));
        Span<int> rows = stackalloc int[Values];
        Span<int> columns = stackalloc int[Values];
        for (var value = 0; value < Values; value++)
        {
            columns[value] = Math.Min(value, Classes);
            var index = startsAtOne ? (byte)(value - 1) : value;
            rows[value] = Math.Min(index, Classes) * _side;
        }

        var counts = _counts;
        for (var i = 0; i < truth.Length; i++)
            counts[rows[truth[i]] + columns[prediction[i]]]++;
    }

    /// <summary>Adds the counts of another matrix with as many classes.</summary>
    public void Merge(ConfusionMatrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentOutOfRangeException.ThrowIfNotEqual(other.Classes, Classes);
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
    }

    /// <summary>Pixels whose true class is that one (and whose prediction is a class).</summary>
    public long Support(int truth)
    {
        var support = 0L;
        for (var prediction = 0; prediction < Classes; prediction++)
            support += this[truth, prediction];
        return support;
    }

    /// <summary>Pixels predicted as that class (and whose truth is a class).</summary>
    public long Predicted(int prediction)
    {
        var predicted = 0L;
        for (var truth = 0; truth < Classes; truth++)
            predicted += this[truth, prediction];
        return predicted;
    }

    /// <summary>The counts [truth, prediction], row after row.</summary>
    public long[] ToArray()
    {
        var counts = new long[Classes * Classes];
        for (var truth = 0; truth < Classes; truth++)
            _counts.AsSpan(truth * _side, Classes).CopyTo(counts.AsSpan(truth * Classes));
        return counts;
    }

    /// <summary>The matrix without the rows and the columns of the other classes.</summary>
    /// <param name="classes">Indices of the classes to keep, in the order wanted.</param>
    public ConfusionMatrix Keep(IReadOnlyList<int> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        var kept = new long[classes.Count, classes.Count];
        for (var truth = 0; truth < classes.Count; truth++)
        {
            for (var prediction = 0; prediction < classes.Count; prediction++)
                kept[truth, prediction] = this[classes[truth], classes[prediction]];
        }

        return Of(kept);
    }

    private int Place(int truth, int prediction)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(truth);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(truth, Classes);
        ArgumentOutOfRangeException.ThrowIfNegative(prediction);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(prediction, Classes);
        return (truth * _side) + prediction;
    }
}
