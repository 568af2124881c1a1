using System.Diagnostics;

namespace Flair.Measuring;

/// <summary>Measures several ways of doing the same in turns, so that a machine that slows down slows all of them.</summary>
internal static class Rounds
{
    /// <summary>
    /// Runs each way once a round until the time is up. The first round warms the file cache and the compiler and is not counted, unless it alone
    /// takes longer than the time: then it is the only one.
    /// </summary>
    /// <param name="atLeast">How long to measure.</param>
    /// <param name="clock">Says how long it took.</param>
    /// <param name="ways">Each does its work and says how many seconds count.</param>
    /// <returns>The median of each way, and the rounds counted.</returns>
    public static async Task<(double[] Seconds, int Count)> MeasureAsync(TimeSpan atLeast, TimeProvider clock, params Func<Task<double>>[] ways)
    {
        var rounds = new List<double[]>();
        var start = clock.GetTimestamp();
        do
        {
            var round = new double[ways.Length];
            for (var i = 0; i < ways.Length; i++)
                round[i] = await ways[i]().ConfigureAwait(false);
            rounds.Add(round);
        }
        while (clock.GetElapsedTime(start) < atLeast);

        if (rounds.Count > 1)
            rounds.RemoveAt(0);
        return ([.. Enumerable.Range(0, ways.Length).Select(way => Median(rounds.Select(round => round[way])))], rounds.Count);
    }

    /// <summary>Seconds that something takes.</summary>
    public static async Task<double> TimeAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work().ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The value in the middle, or the mean of the two there.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
