using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Flair;

/// <summary>Gives a file its final name only when it is complete and on the disk, so that neither kill -9 nor a power cut leaves half of one.</summary>
public static partial class DurableFile
{
    /// <summary>The name to write under, in the same directory. It is always the same, so that a run takes over what a killed one left.</summary>
    public static string TemporaryName(string path) => path + ".tmp-flair";

    /// <summary>Has a file written under its temporary name, then flushes and renames it.</summary>
    /// <param name="path">The final name; replaced if it exists.</param>
    /// <param name="write">Takes the temporary name; writes the file, closes it, and throws where it does not read back as it should.</param>
    /// <exception cref="IOException">It cannot be flushed or renamed; like after any error of <paramref name="write"/>, nothing has changed under <paramref name="path"/>.</exception>
    public static void Write(string path, Action<string> write)
    {
        var temporary = TemporaryName(path);
        try
        {
            DiskSteps.Reach(DiskStep.Write, temporary);
            write(temporary);
            DiskSteps.Reach(DiskStep.Written, temporary);
            Commit(temporary, path);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Writes a whole file.</summary>
    /// <exception cref="IOException">It cannot be written; nothing has changed under <paramref name="path"/>.</exception>
    public static void WriteAllBytes(string path, ReadOnlyMemory<byte> bytes) => Write(path, temporary => File.WriteAllBytes(temporary, bytes.Span));

    /// <summary>Flushes a closed temporary file to the disk, renames it over <paramref name="path"/> and flushes the directory.</summary>
    /// <exception cref="IOException">It cannot be flushed or renamed.</exception>
    public static void Commit(string temporary, string path) => Commit([(temporary, path)]);

    /// <summary>As for one file; each has its name before the next, and all are flushed at once, which takes a disk little longer than one.</summary>
    /// <param name="files">Temporary and final names.</param>
    /// <exception cref="IOException">One cannot be flushed, and none has its final name, or renamed.</exception>
    public static void Commit(IReadOnlyList<(string Temporary, string Path)> files)
    {
        try
        {
            Parallel.ForEach(files, file =>
            {
                using var handle = File.OpenHandle(file.Temporary, FileMode.Open, FileAccess.ReadWrite);
                RandomAccess.FlushToDisk(handle);
            });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        foreach (var (temporary, path) in files)
        {
            DiskSteps.Reach(DiskStep.Rename, path);
            File.Move(temporary, path, overwrite: true);
            DiskSteps.Reach(DiskStep.Renamed, path);
        }

        foreach (var directory in files.Select(file => Path.GetDirectoryName(Path.GetFullPath(file.Path))!).Distinct(StringComparer.Ordinal))
            FlushDirectory(directory);
    }

    /// <summary>Keeps silent, as the error of the write is the one to tell.</summary>
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>.NET cannot open a directory, so the rename itself is flushed through libc. Some file systems refuse that; they need not.</summary>
    private static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        const int readOnly = 0;
        var descriptor = open(directory, readOnly);
        if (descriptor < 0)
            return;
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
