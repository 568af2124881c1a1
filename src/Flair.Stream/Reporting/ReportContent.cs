using Flair.Evaluation;
using Flair.Settings;
using Flair.Training;

namespace Flair.Reporting;

/// <summary>What a report tells.</summary>
public sealed record ReportContent
{
    /// <summary>The settings; their name is the title.</summary>
    public required TrainingSettings Settings { get; init; }

    /// <summary>The training; empty where none is known.</summary>
    public TrainingHistory History { get; init; } = TrainingHistory.Empty;

    /// <summary>The comparison with the test patches; null where there was none. Predictions are shown where their files are still there.</summary>
    public MetricsResult? Metrics { get; init; }

    /// <summary>More lines for the table of settings, e.g. the number of parameters or where the weights came from.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];
}
