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
    int GlobalStep,
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

    /// <summary>The epoch with the smallest validation loss, of equal ones the first; null where there is none.</summary>
    public EpochRecord? Best => Epochs.Where(epoch => !double.IsNaN(epoch.ValLoss)).MinBy(epoch => epoch.ValLoss);
}
