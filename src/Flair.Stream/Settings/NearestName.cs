namespace Flair.Settings;

/// <summary>Finds what the user most likely meant.</summary>
public static class NearestName
{
    /// <summary>
    /// The candidate within the fewest edits (insert, delete, replace, swap of neighbours; case counts for nothing) of
    /// <paramref name="written"/>, or null when none is near: more than 2 edits, or more than a third of a long word.
    /// </summary>
    public static string? Find(string written, IEnumerable<string> candidates)
    {
        var (best, fewest) = ((string?)null, int.MaxValue);
        foreach (var candidate in candidates)
        {
            // As many edits at least; the table of the distance would have the product of both lengths.
            if (Math.Abs(written.Length - candidate.Length) > Math.Max(2, written.Length / 3))
                continue;
            var edits = Distance(written.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (edits < fewest)
                (best, fewest) = (candidate, edits);
        }

        return fewest <= Math.Max(2, written.Length / 3) && fewest < Math.Max(2, written.Length) ? best : null;
    }

    /// <summary>The end of an error message: <c>; did you mean 'batch'?</c>, or the list of what is valid.</summary>
    public static string Suggest(string written, IReadOnlyCollection<string> candidates) =>
        Hint(written, candidates) is { Length: > 0 } hint ? hint : $"; valid: {string.Join(", ", candidates)}";

    /// <summary>The end of an error message that lists what is valid by itself: <c>; did you mean 'batch'?</c>, or nothing.</summary>
    public static string Hint(string written, IEnumerable<string> candidates) =>
        Find(written, candidates) is { } nearest ? $"; did you mean '{nearest}'?" : "";

    // Optimal string alignment distance (Levenshtein with swaps of neighbours).
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replace, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
