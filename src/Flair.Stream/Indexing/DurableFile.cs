using System.Runtime.InteropServices;

namespace Flair.Indexing;

/// <summary>Gives a file its final name only when it is complete and on the disk, so that neither kill -9 nor a power cut leaves half of one.</summary>
public static partial class DurableFile
{
    /// <summary>The name to write under, in the same directory. It is always the same, so that a run takes over what a killed one left.</summary>
    public static string TemporaryName(string path) => path + ".tmp-flair";

    /// <summary>Writes a whole file.</summary>
    /// <exception cref="IOException">It cannot be written; nothing has changed under <paramref name="path"/>.</exception>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = TemporaryName(path);
        try
        {
            using (var file = File.Create(temporary))
                file.Write(bytes);
            Commit(temporary, path);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Flushes a closed temporary file to the disk, renames it over <paramref name="path"/> and flushes the directory.</summary>
    /// <exception cref="IOException">It cannot be flushed or renamed.</exception>
    public static void Commit(string temporary, string path)
    {
        using (var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0))
            file.Flush(flushToDisk: true);
        File.Move(temporary, path, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Removes what a failed write left; keeps silent, as the write's own error is the one to tell.</summary>
    public static void TryDelete(string path)
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
