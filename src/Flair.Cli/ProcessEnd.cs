using System.Runtime.InteropServices;

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
            Exit(code);
        Environment.Exit(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
