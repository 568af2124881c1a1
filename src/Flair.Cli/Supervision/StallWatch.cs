using Flair.Source;

namespace Flair.Cli.Supervision;

/// <summary>
/// How long each input has been decoded without any progress. Time counts only while this watch is looked at, so that a pause of the whole
/// (Ctrl-Z, a laptop that sleeps) is none of the input's.
/// </summary>
/// <param name="longestStep">What counts at most between two looks.</param>
internal sealed class StallWatch(TimeSpan longestStep)
{
    private Dictionary<(int Slot, long Number), TimeSpan> _ages = [];

    /// <summary>Takes a look.</summary>
    /// <param name="active">What is being decoded.</param>
    /// <param name="step">Time since the last look.</param>
    /// <param name="limit">From when on an input counts as stalled; zero for never.</param>
    /// <returns>What is stalled.</returns>
    public IReadOnlyList<DecodeEntry> Look(IReadOnlyList<DecodeEntry> active, TimeSpan step, TimeSpan limit)
    {
        if (step > longestStep)
            step = longestStep;
        _ages = active.ToDictionary(
            entry => (entry.Slot, entry.Number),
            entry => _ages.TryGetValue((entry.Slot, entry.Number), out var age) ? age + step : TimeSpan.Zero);
        return limit == TimeSpan.Zero ? [] : [.. active.Where(entry => _ages[(entry.Slot, entry.Number)] >= limit)];
    }
}
