using System.Runtime.InteropServices;
using Flair.Cli.Supervision;

namespace Flair.Cli;

/// <summary>
/// Ends a process without the clean-up of native libraries at its exit: libtorch's takes a fifth of a second to free what the kernel frees anyway, and a thread
/// that is stuck in native code may hold what it waits for.
/// </summary>
internal static partial class ProcessEnd
{
    /// <summary>Ends it at once: all files are closed, or those that matter are on the disk, as with a kill.</summary>
    public static void Now(int code)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        if (OperatingSystem.IsLinux())
        {
            DeleteDiagnosticPorts();
            Exit(code);
        }

        Environment.Exit(code);
    }

    /// <summary>Deletes the pipes and the socket that the runtime makes for debuggers in the folder for temporary files; it does so itself at an ordinary exit only.</summary>
    private static void DeleteDiagnosticPorts()
    {
        try
        {
            var process = $"{Environment.ProcessId}-{Processes.Status(Environment.ProcessId, Processes.StartTime)}";
            foreach (var port in (string[])[$"clr-debug-pipe-{process}-in", $"clr-debug-pipe-{process}-out", $"dotnet-diagnostic-{process}-socket"])
                File.Delete(Path.Combine(Path.GetTempPath(), port));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They are empty; what the run has ended with matters more.
        }
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
