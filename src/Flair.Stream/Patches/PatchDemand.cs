using Flair.Models;
using Flair.Models.Layers;
using Flair.Settings;

namespace Flair.Patches;

/// <summary>A list of patches and what they must be like.</summary>
public sealed record PatchDemand
{
    /// <summary>The list's name in messages.</summary>
    public required string Csv { get; init; }

    /// <summary>The patches; empty where <see cref="Problem"/> is set.</summary>
    public required IReadOnlyList<PatchFiles> Patches { get; init; }

    /// <summary>Why the list itself cannot be used; null where it can.</summary>
    public string? Problem { get; init; }

    /// <summary>Bands that every image must have, from 1; empty where images are not read.</summary>
    public IReadOnlyList<int> Channels { get; init; } = [];

    /// <summary>Whether every patch must have a mask.</summary>
    public bool Masks { get; init; }

    /// <summary>The value of the first class in the masks, 0 or 1.</summary>
    public int FirstValue { get; init; } = 1;

    /// <summary>Classes, 1 to 255: a mask's values are <see cref="FirstValue"/> and the following.</summary>
    public int Classes { get; init; } = 19;

    /// <summary>Widths and heights that the network takes.</summary>
    public InputSizes Sizes { get; init; } = new(32);

    /// <summary>Width and height that the network is bound to; null where it takes any multiple.</summary>
    public int? Side { get; init; }

    /// <summary>Patches of a batch, all of one size, of which the list must fill at least one; 1 where each goes alone.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>The lists that a run's tasks need, in the order train, val, test.</summary>
    /// <param name="settings">Checked settings; their network is known.</param>
    /// <returns>A demand a list. A list that cannot be read is one with a <see cref="Problem"/>, so that <see cref="PatchChecks.Run"/> tells it with all others.</returns>
    public static IReadOnlyList<PatchDemand> Of(TrainingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var demands = new List<PatchDemand>();
        var common = new PatchDemand
        {
            Csv = "",
            Patches = [],
            Channels = settings.Channels,
            Masks = true,
            FirstValue = settings.SupervisionStartsAtOne ? 1 : 0,
            Classes = settings.Classes.Count,
            Sizes = ArchitectureRegistry.Parse(settings.Architecture).Architecture.Sizes,
            Side = settings.UseMetadata ? MetadataLayer.PatchSize : null,
        };
        if (settings.Tasks.Train)
        {
            Add(settings.TrainCsv!, common with { BatchSize = settings.BatchSize });
            Add(settings.ValCsv!, common with { BatchSize = settings.BatchSize });
        }

        if (settings.Tasks.Predict)
            Add(settings.TestCsv!, common with { Masks = settings.Tasks.Metrics });
        else if (settings.Tasks.Metrics)
            Add(settings.TestCsv!, common with { Channels = [] });
        return demands;

        void Add(string csv, PatchDemand demand)
        {
            try
            {
                demands.Add(demand with { Csv = csv, Patches = PatchList.Read(csv) });
            }
            catch (FlairException e)
            {
                demands.Add(demand with { Csv = csv, Problem = e.Message });
            }
        }
    }
}
