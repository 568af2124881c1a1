using System.Diagnostics;
using System.Globalization;

namespace Flair.Tests.Simulation;

/// <summary>The test assembly as a program that plays seeds, see scripts/simulate; a process of its own, as much of the storage's client is the process's.</summary>
internal static class SimulationProgram
{
    public const string Command = "simulate";

    /// <summary>Tells all that goes wrong in each night.</summary>
    public const string InFull = "in-full";

    /// <summary>Plays seeds: the first, how many, and perhaps <see cref="InFull"/>. Nights with violations are told in full.</summary>
    /// <returns>0 when all was as it must be.</returns>
    public static int Run(string[] arguments)
    {
        if (arguments is not [_, var from, var many, .. var rest])
            return 2;
        int first = int.Parse(from, CultureInfo.InvariantCulture), count = int.Parse(many, CultureInfo.InvariantCulture);
        using var simulation = new Simulation();
        int bad = 0, kills = 0, requests = 0, faults = 0;
        for (int seed = first; seed < first + count; seed++)
        {
            var night = simulation.PlayAsync(seed).GetAwaiter().GetResult();
            (kills, requests, faults, bad) = (kills + night.Kills, requests + night.Requests, faults + night.Faults.Count, bad + (night.Violations.Count > 0 ? 1 : 0));
            if (night.Violations.Count > 0 || rest is [InFull])
                Console.WriteLine($"{night}\n");
            else if ((seed + 1 - first) % 10 == 0)
                Console.WriteLine($"{seed + 1 - first} of {count} seeds, {bad} failed");
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"{count} seeds from {first}: {bad} failed, {faults} faults, {kills} kills, {requests} requests, {process.TotalProcessorTime.TotalSeconds:0} s of a core");
        return bad == 0 ? 0 : 1;
    }
}
