using System.Runtime.InteropServices;

namespace Flair.Cli;

/// <summary>Ends a process one of whose threads is stuck in native code, which may hold what the libraries' own clean-up waits for.</summary>
internal static partial class StuckProcess
{
    /// <summary>Ends it at once, without any clean-up: what is finished is on the disk, as with a kill.</summary>
    public static void End(int code)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        if (OperatingSystem.IsLinux())
            Exit(code);
        Environment.Exit(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
