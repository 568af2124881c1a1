using System.Text.Json.Serialization;
using Flair.Evaluation;
using Flair.Settings;
using Flair.Training;

namespace Flair.Comparing;

/// <summary>A row of a comparison: a model and what it came to.</summary>
public sealed record ComparedModel
{
    /// <summary>Its name, the settings' <c>out_model_name</c>; the file's name where the settings cannot be read.</summary>
    public required string Name { get; init; }

    /// <summary>Encoder and decoder; empty where not known.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Channels that enter; 0 where not known.</summary>
    public int Channels { get; init; }

    /// <summary>Classes that are learned and measured, those with a weight; 0 where not known.</summary>
    public int Classes { get; init; }

    /// <summary>Parameters of the network; 0 where not known.</summary>
    public long Parameters { get; init; }

    /// <summary>What was measured; null where nothing was.</summary>
    public ComparedFigures? Figures { get; init; }

    /// <summary>Why nothing was measured, in one line; null where it was.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether it was measured.</summary>
    [JsonIgnore]
    public bool Done => Figures is not null;

    /// <summary>What the settings say of a model.</summary>
    internal static ComparedModel Of(TrainingSettings settings) => new()
    {
        Name = settings.Name,
        Architecture = settings.Architecture,
        Channels = settings.Channels.Count,
        Classes = settings.Classes.Count(entry => entry.Weight != 0),
        Parameters = NetworkWeights.Parameters(settings),
    };
}

/// <summary>FLAIR-1's figures of a model, in percent (see <see cref="SegmentationMetrics"/>), and the time that it took.</summary>
/// <param name="MeanIou">Mean IoU over all measured classes, absent ones as 0.</param>
/// <param name="OverallAccuracy">Right pixels over all.</param>
/// <param name="FScore">Mean F-score.</param>
/// <param name="Precision">Mean precision.</param>
/// <param name="Recall">Mean recall.</param>
/// <param name="Seconds">Wall time of all its epochs and of its prediction; of its prediction alone where it was not trained here.</param>
public sealed record ComparedFigures(double MeanIou, double OverallAccuracy, double FScore, double Precision, double Recall, double Seconds)
{
    /// <summary>The figures of an evaluation.</summary>
    internal static ComparedFigures Of(SegmentationMetrics metrics, double seconds) =>
        new(metrics.MeanIou, metrics.OverallAccuracy, metrics.FScore, metrics.Precision, metrics.Recall, seconds);
}
