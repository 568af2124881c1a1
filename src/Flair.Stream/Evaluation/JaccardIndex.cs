namespace Flair.Evaluation;

/// <summary>
/// torchmetrics' <c>MulticlassJaccardIndex</c> (version 1.2, <c>_jaccard_index_reduce</c>), which FLAIR-1 logs while it trains: a class's
/// share of right pixels among all that are or were predicted as the class, 0 to 1. Classes of weight 0 count like the others.
/// torchmetrics computes in single precision; this in double, and the same to about 1e-6.
/// </summary>
public static class JaccardIndex
{
    /// <summary><c>average=None</c>, logged as <c>val_iou_…</c>: the index of each class; 0 for one that occurs neither in truth nor prediction.</summary>
    public static double[] PerClass(ConfusionMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var index = new double[matrix.Classes];
        for (var i = 0; i < index.Length; i++)
        {
            var union = matrix.Support(i) + matrix.Predicted(i) - matrix[i, i];
            index[i] = union == 0 ? 0 : matrix[i, i] / (double)union;
        }

        return index;
    }

    /// <summary><c>average='weighted'</c>, logged as <c>val_miou</c>: the mean over the classes, each weighted by its true pixels; NaN where there are none.</summary>
    public static double Weighted(ConfusionMatrix matrix)
    {
        var index = PerClass(matrix);
        var sum = 0.0;
        for (var i = 0; i < index.Length; i++)
            sum += matrix.Support(i) * index[i];
        return sum / matrix.Total;
    }

    /// <summary><c>average='macro'</c>: the plain mean over the classes that occur in truth or prediction; NaN where none does.</summary>
    public static double Macro(ConfusionMatrix matrix)
    {
        var index = PerClass(matrix);
        var present = Enumerable.Range(0, index.Length).Where(i => matrix.Support(i) + matrix.Predicted(i) > 0);
        return present.Select(i => index[i]).DefaultIfEmpty(double.NaN).Average();
    }
}
