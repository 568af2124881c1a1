using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Flair.Running;
using Flair.Source;

namespace Flair.Cli.Supervision;

/// <summary>This program as a child of itself, and the little of POSIX that .NET leaves out.</summary>
internal static partial class Processes
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>For <see cref="Status"/>: what it does, a letter.</summary>
    public const int State = 3;

    /// <summary>For <see cref="Status"/>: when it began, in ticks of the clock.</summary>
    public const int StartTime = 22;

    /// <summary>Tells a child whose it is: <c>descriptor of the ledger:process that supervises</c>.</summary>
    private const string Variable = "FLAIR_SUPERVISOR";

    /// <summary>
    /// Bytes, in hexadecimal, after which the runtime collects the youngest generation; there is no other place to say it. By itself it waits for as much as the
    /// processor's cache, a tenth of a run's memory, of objects that are dead long before: pixels are in native memory and in pooled arrays.
    /// </summary>
    private const string YoungestGeneration = "DOTNET_GCgen0size";

    private const int ParentDeathSignal = 1; // PR_SET_PDEATHSIG of sys/prctl.h

    /// <summary>Starts this program again.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="ledger">Where it notes what it decodes.</param>
    /// <param name="silent">True to let its output go nowhere; else it has this process's.</param>
    /// <remarks>Called on the main thread only: the system ends a child with the thread that started it.</remarks>
    public static Process Start(IEnumerable<string> arguments, DecodeLedger ledger, bool silent)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = silent, RedirectStandardError = silent };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, Assembly.GetExecutingAssembly().GetName().Name + ".dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment[Variable] = $"{ledger.Descriptor}:{Environment.ProcessId}";
        start.Environment.TryAdd(YoungestGeneration, "400000");
        start.Environment.TryAdd(NativeHeap.ArenasVariable, $"{NativeHeap.Arenas}");
        var process = Process.Start(start)!;
        if (silent)
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        return process;
    }

    /// <summary>In a child: opens the ledger, and binds this process's life to that of its supervisor. Called first of all, on the main thread.</summary>
    /// <returns>False when the supervisor is gone already.</returns>
    public static bool TryAttach()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } value)
            return true;
        Environment.SetEnvironmentVariable(Variable, null);
        var parts = value.Split(':');
        _ = prctl(ParentDeathSignal, Kill, 0, 0, 0);
        if (getppid() != int.Parse(parts[1]))
            return false;
        DecodeLedger.Current = DecodeLedger.Open(int.Parse(parts[0]));
        return true;
    }

    /// <summary>True in a process that has a supervisor.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <summary>Sends a signal; one that comes too late is none.</summary>
    /// <returns>Whether there was a process to send it to.</returns>
    public static bool Send(int process, int signal) => kill(process, signal) == 0;

    /// <summary>A field of a process's <c>/proc/PID/stat</c>.</summary>
    /// <param name="process">The process.</param>
    /// <param name="field">Its number in proc(5): <see cref="State"/>, <see cref="StartTime"/>, or another after the second.</param>
    /// <exception cref="IOException">There is no such process.</exception>
    public static string Status(int process, int field)
    {
        // The second field, the program's name in parentheses, may have any character.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[field - State];
    }

    /// <summary>True when a process is stopped, by Ctrl-Z or a debugger.</summary>
    public static bool IsStopped(int process)
    {
        try
        {
            return Status(process, State) is "T" or "t";
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Processes that the kernel has killed for memory since the machine started.</summary>
    public static long KilledForMemory()
    {
        try
        {
            var line = File.ReadLines("/proc/vmstat").FirstOrDefault(line => line.StartsWith("oom_kill ", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan("oom_kill ".Length));
        }
        catch (Exception e) when (e is IOException or FormatException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>A signal's name; its number where it is rare.</summary>
    public static string SignalName(int signal) => signal switch
    {
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        Kill => "SIGKILL",
        11 => "SIGSEGV",
        31 => "SIGSYS",
        _ => $"signal {signal}",
    };

    /// <summary>True for what the processor, the kernel or a library does to a process at fault; people send other signals.</summary>
    public static bool IsCrash(int signal) => signal is 4 or 5 or 6 or 7 or 8 or 11 or 31;

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
