using System.Globalization;

namespace Flair.Tests.Fuzzing;

/// <summary>
/// The test assembly as a program: reads damaged files one after the other and tells a line before and after each, so that whoever started
/// it knows which file took the process down. <see cref="FuzzProcess"/> starts it.
/// </summary>
internal static class FuzzProgram
{
    public const string Command = "fuzz";

    public static int Main(string[] arguments)
    {
        if (arguments is [Simulation.SimulationProgram.Command, ..])
            return Simulation.SimulationProgram.Run(arguments);
        if (arguments is not [Command, var name, var first, var count, var directory])
            return 2;
        var target = FuzzTargets.Named(name);
        target.Prepare(directory);
        var start = int.Parse(first, CultureInfo.InvariantCulture);
        for (var seed = start; seed < start + int.Parse(count, CultureInfo.InvariantCulture); seed++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"begin {seed}"));
            ResetPeak();
            var done = FuzzCase.Run(target, seed, directory);
            var fault = (done.Fault ?? "").ReplaceLineEndings(" ");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"end {seed} {(done.Refused ? 1 : 0)} {done.Milliseconds:F0} {done.Allocated} {Peak()} {fault}"));
        }

        return 0;
    }

    /// <summary>Linux counts the peak anew (proc(5), clear_refs); where it does not, it is the process's.</summary>
    private static void ResetPeak()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Largest resident set since then in bytes.</summary>
    private static long Peak() =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}
