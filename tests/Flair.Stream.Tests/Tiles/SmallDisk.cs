using System.Diagnostics;

namespace Flair.Tests.Tiles;

/// <summary>A theory that mounts a small tmpfs, skipped where that is not allowed.</summary>
public sealed class FullDiskTheoryAttribute : TheoryAttribute
{
    public FullDiskTheoryAttribute()
    {
        if (!SmallDisk.Possible)
            Skip = "mounting a tmpfs needs root";
    }
}

/// <summary>A mounted tmpfs of some size.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flair-full-");

    public SmallDisk(string size)
    {
        if (Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Path))
            return;
        _folder.Delete();
        throw new InvalidOperationException("mount failed");
    }

    public static bool Possible { get; } = Try();

    public string Path => _folder.FullName;

    public void Dispose()
    {
        // At once, whoever is there: a process that another test is just starting has this one's files open until it becomes another program.
        Run("umount", "--lazy", Path);
        _folder.Delete();
    }

    private static bool Try()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return false;
        try
        {
            using var disk = new SmallDisk("64k");
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
