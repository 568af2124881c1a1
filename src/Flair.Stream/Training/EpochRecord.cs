namespace Flair.Training;

/// <summary>What one epoch of a training came to.</summary>
/// <param name="Epoch">Its number, from 0.</param>
/// <param name="GlobalStep">Optimizer steps since the training began, this epoch's included.</param>
/// <param name="LearningRate">The learning rate of its steps.</param>
/// <param name="TrainLoss">Mean loss of the training batches.</param>
/// <param name="TrainMiou">Weighted Jaccard index of the training batches, 0 to 1; null where it is not measured.</param>
/// <param name="ValLoss">Mean loss of the validation batches.</param>
/// <param name="ValMiou">Weighted Jaccard index of the validation batches, 0 to 1 (see <see cref="Evaluation.JaccardIndex.Weighted"/>).</param>
/// <param name="ValIou">Jaccard index of each class, 0 to 1, in the order of the classes, those of weight 0 too.</param>
/// <param name="Seconds">Wall time of the epoch, training and validation.</param>
public sealed record EpochRecord(
    int Epoch,
    long GlobalStep,
    double LearningRate,
    double TrainLoss,
    double? TrainMiou,
    double ValLoss,
    double ValMiou,
    IReadOnlyList<double> ValIou,
    double Seconds);

/// <summary>A training so far.</summary>
/// <param name="Classes">The classes' names, in the order of <see cref="EpochRecord.ValIou"/>.</param>
/// <param name="Epochs">Its epochs, in order.</param>
public sealed record TrainingHistory(IReadOnlyList<string> Classes, IReadOnlyList<EpochRecord> Epochs)
{
    /// <summary>A training that has not begun, or is not known.</summary>
    public static TrainingHistory Empty { get; } = new([], []);

    private const string IouPrefix = "val_iou_";

    /// <summary>The epoch with the best value, of equal ones the first; null where there is none or no such value.</summary>
    /// <param name="monitor">See <see cref="Value"/>.</param>
    /// <param name="maximize">Whether larger is better.</param>
    public EpochRecord? Best(string monitor, bool maximize)
    {
        var known = Epochs.Where(epoch => Value(epoch, monitor) is { } value && !double.IsNaN(value));
        return maximize ? known.MaxBy(epoch => Value(epoch, monitor)) : known.MinBy(epoch => Value(epoch, monitor));
    }

    /// <summary>A value of an epoch by the name under which FLAIR-1 logs it.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="monitor"><c>train_loss</c>, <c>val_loss</c>, <c>val_miou</c>, <c>val_iou_CLASS</c>; or <c>train_miou</c>, <c>lr</c>, <c>epoch</c>.</param>
    /// <returns>Null where there is none of that name.</returns>
    public double? Value(EpochRecord epoch, string monitor)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(monitor);
        return monitor switch
        {
            "train_loss" => epoch.TrainLoss,
            "train_miou" => epoch.TrainMiou,
            "val_loss" => epoch.ValLoss,
            "val_miou" => epoch.ValMiou,
            "lr" => epoch.LearningRate,
            "epoch" => epoch.Epoch,
            _ when monitor.StartsWith(IouPrefix, StringComparison.Ordinal) && Classes.ToList().IndexOf(monitor[IouPrefix.Length..]) is >= 0 and var index => epoch.ValIou[index],
            _ => null,
        };
    }
}
