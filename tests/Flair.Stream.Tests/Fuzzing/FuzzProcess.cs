using System.Diagnostics;
using System.Globalization;

namespace Flair.Tests.Fuzzing;

/// <summary>Runs damaged files in a process of their own; where one takes it down or does not end, the next process goes on behind it.</summary>
internal static class FuzzProcess
{
    /// <summary>Tells what does not end from what takes milliseconds, also on a machine that does many other things; it measures nothing.</summary>
    private const int MostSeconds = 240;

    /// <summary>Of the whole process, libraries and the runtime included.</summary>
    private const long MostResident = 2L << 30;

    /// <summary>What became of each.</summary>
    /// <param name="name">The target.</param>
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="directory">An empty directory for the files.</param>
    public static IReadOnlyList<(FuzzCase Case, long Resident)> Run(string name, int first, int count, string directory)
    {
        var cases = new List<(FuzzCase, long)>();
        for (var next = first; next < first + count;)
        {
            var (begun, why) = RunSome(name, next, first + count - next, directory, cases);
            if (begun is { } seed)
                cases.Add((new(seed, false, why, 0, 0), 0));
            else if (cases.Count < count)
                throw new InvalidOperationException($"{name}: {why}");
            next = (begun ?? first + count) + 1;
        }

        return cases;
    }

    /// <returns>The seed that the process ended at, if any, and how it ended.</returns>
    private static (int? Seed, string Why) RunSome(string name, int first, int count, string directory, List<(FuzzCase, long)> cases)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[typeof(FuzzProcess).Assembly.Location, FuzzProgram.Command, name, first.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture), directory])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        int? open = null;
        while (true)
        {
            var read = process.StandardOutput.ReadLineAsync();
            if (!read.Wait(TimeSpan.FromSeconds(MostSeconds)))
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                return (open, $"does not end within {MostSeconds} s");
            }

            if (read.Result is not { } line)
                break;
            if (line.Split(' ', 7) is ["begin", var begun])
            {
                open = int.Parse(begun, CultureInfo.InvariantCulture);
            }
            else if (line.Split(' ', 7) is ["end", var seed, var refused, var milliseconds, var allocated, var resident, var fault])
            {
                var peak = long.Parse(resident, CultureInfo.InvariantCulture);
                if (fault.Length == 0 && peak > MostResident)
                    fault = $"takes {peak >> 20} MiB";
                cases.Add((new(int.Parse(seed, CultureInfo.InvariantCulture), refused == "1", fault.Length > 0 ? fault : null,
                    double.Parse(milliseconds, CultureInfo.InvariantCulture), long.Parse(allocated, CultureInfo.InvariantCulture)), peak));
                open = null;
            }
        }

        process.WaitForExit();
        return (open, $"the process ended with {process.ExitCode}: {errors.Result.Trim()}");
    }
}
