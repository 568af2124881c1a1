using System.Runtime.ExceptionServices;

namespace Flair.Patches;

/// <summary>What a list of patches holds.</summary>
/// <param name="Csv">The list.</param>
/// <param name="Count">Patches.</param>
/// <param name="Width">Pixels across of the most common size.</param>
/// <param name="Height">Pixels down of that size.</param>
/// <param name="PixelsOfClass">Pixels a class over all masks, in the classes' order; zeros where masks are not looked at.</param>
public sealed record PatchSummary(string Csv, int Count, int Width, int Height, IReadOnlyList<long> PixelsOfClass);

/// <summary>
/// Finds everything that is wrong with lists of patches before anything is computed: files that are missing, unreadable or cut short, that
/// lack a band, sizes that do not go together or not with the network, values outside the classes. That image and mask lie elsewhere on the
/// ground is no error, as FLAIR-1 overlooks their georeference. An image that is damaged in its middle is only found when it is trained on.
/// </summary>
public static class PatchChecks
{
    private const int MostShown = 20;
    private const int MostValuesShown = 8;

    /// <summary>Looks at all files, several at once, and judges them in the order of the lists.</summary>
    /// <param name="demands">The lists.</param>
    /// <param name="progress">Called with the patches looked at and their number, one call at a time, from any thread; null for none.</param>
    /// <param name="cancellation">Stops it between two patches.</param>
    /// <returns>A summary a list.</returns>
    /// <exception cref="FlairException">Something is wrong: a line a problem, <c>list.csv:12: what</c>, the first 20 and the number of the others.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<PatchSummary> Run(IReadOnlyList<PatchDemand> demands, Action<int, int>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(demands);
        var inspections = Inspect(demands, progress, cancellation);
        var problems = new List<string>();
        var summaries = new List<PatchSummary>();
        for (var i = 0; i < demands.Count; i++)
            summaries.Add(Judge(demands[i], inspections[i], problems));
        if (problems.Count == 0)
            return summaries;
        var more = problems.Count > MostShown ? $"\nand {problems.Count - MostShown} more {(problems.Count == MostShown + 1 ? "problem" : "problems")} with the patches" : "";
        throw new FlairException(string.Join('\n', problems.Take(MostShown)) + more);
    }

    private static PatchInspection[][] Inspect(IReadOnlyList<PatchDemand> demands, Action<int, int>? progress, CancellationToken cancellation)
    {
        var inspections = demands.Select(demand => new PatchInspection[demand.Patches.Count]).ToArray();
        (int List, int Patch)[] all = [.. demands.SelectMany((demand, list) => Enumerable.Range(0, demand.Patches.Count).Select(patch => (list, patch)))];
        var done = 0;
        var turn = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
        try
        {
            Parallel.ForEach(all, options, Inspect);
        }
        catch (AggregateException e)
        {
            // Not a patch's fault, such as a library that is not there: the command line knows what to say of the first.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return inspections;

        void Inspect((int List, int Patch) at)
        {
            var demand = demands[at.List];
            var patch = demand.Patches[at.Patch];
            inspections[at.List][at.Patch] = PatchInspection.Of(patch.Image, demand.Masks ? patch.Mask : null, demand.Channels);
            lock (turn)
                progress?.Invoke(++done, all.Length);
        }
    }

    private static PatchSummary Judge(PatchDemand demand, PatchInspection[] inspections, List<string> problems)
    {
        if (demand.Problem is { } unusable)
            problems.Add(unusable);
        else if (demand.Patches.Count < demand.BatchSize)
            problems.Add($"{demand.Csv}: {demand.Patches.Count} {(demand.Patches.Count == 1 ? "patch is" : "patches are")} less than a batch of {demand.BatchSize}, and what fills no batch is left out; list more patches or lower batch_size");

        var pixels = new long[demand.Classes];
        var common = MostCommonSize(inspections);
        for (var i = 0; i < inspections.Length; i++)
        {
            var (patch, inspection) = (demand.Patches[i], inspections[i]);
            foreach (var problem in Problems(demand, patch, inspection, common))
                problems.Add($"{demand.Csv}:{patch.Line}: {problem}");
            foreach (var (value, count) in inspection.Values)
            {
                var index = value - demand.FirstValue;
                if (index >= 0 && index < demand.Classes)
                    pixels[index] += count;
            }
        }

        return new(demand.Csv, demand.Patches.Count, common.Width, common.Height, pixels);
    }

    private static IEnumerable<string> Problems(PatchDemand demand, PatchFiles patch, PatchInspection inspection, (int Width, int Height) common)
    {
        if (inspection.ImageProblem is { } image)
            yield return image;
        if (demand.Masks && patch.Mask is null)
            yield return $"the line names no mask for {patch.Image}; write image path, comma, mask path";
        if (inspection.MaskProblem is { } mask)
            yield return mask;

        if (inspection is { Image: { } size, Mask: { } maskSize } && size != maskSize)
            yield return $"the image {patch.Image} is {Text(size)} and its mask {patch.Mask} is {Text(maskSize)}; they must match pixel for pixel";
        if (inspection.Image is { } across)
        {
            if (demand.Side is { } side && across != (side, side))
                yield return $"the image {patch.Image} is {Text(across)}; use_metadata goes with patches of {side} × {side}";
            else if (!demand.Sizes.Contains(across.Height, across.Width))
                yield return $"the image {patch.Image} is {Text(across)}; the network takes {demand.Sizes}";
            else if (demand.BatchSize > 1 && across != common)
                yield return $"the image {patch.Image} is {Text(across)} where most are {Text(common)}; the patches of a batch have one size";
        }

        if (OutsideTheClasses(demand, inspection) is { } outside)
            yield return $"the mask {patch.Mask} has values outside the classes: {outside}; the {demand.Classes} classes are {demand.FirstValue} to {demand.FirstValue + demand.Classes - 1}";
    }

    private static string? OutsideTheClasses(PatchDemand demand, PatchInspection inspection)
    {
        var outside = inspection.Values.Where(v => v.Value < demand.FirstValue || v.Value >= demand.FirstValue + demand.Classes).ToArray();
        if (outside.Length == 0)
            return null;
        var more = outside.Length > MostValuesShown ? $" and {outside.Length - MostValuesShown} more" : "";
        return string.Join(", ", outside.Take(MostValuesShown).Select(v => $"{v.Value} ({v.Pixels} {(v.Pixels == 1 ? "pixel" : "pixels")})")) + more;
    }

    // Of equally common sizes, the one that comes first.
    private static (int Width, int Height) MostCommonSize(PatchInspection[] inspections) => inspections
        .Select(inspection => inspection.Image ?? inspection.Mask)
        .OfType<(int Width, int Height)>()
        .GroupBy(size => size)
        .OrderByDescending(group => group.Count())
        .Select(group => group.Key)
        .FirstOrDefault();

    private static string Text((int Width, int Height) size) => $"{size.Width} × {size.Height}";
}
