namespace Flair.Checkpoints;

/// <summary>Writes a file that bears its name only once it is complete, on disk and verified.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside <paramref name="path"/>, flushes to disk, verifies, renames.</summary>
    /// <param name="path">The final name; replaced if it exists.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="verify">Reads it back and throws where it is not as written.</param>
    /// <exception cref="FlairException">It cannot be written there.</exception>
    public static void Write(string path, Action<FileStream> write, Action<FileStream> verify)
    {
        var temporary = $"{path}.tmp-{Environment.ProcessId}";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16))
            {
                write(file);
                file.Flush(flushToDisk: true);
                file.Position = 0;
                verify(file);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error)
        {
            Discard(temporary);
            if (error is IOException or UnauthorizedAccessException)
                throw new FlairException($"{path}: cannot be written ({error.Message.TrimEnd('.')}); give a directory that exists, is writable and has space", error);
            throw;
        }
    }

    private static void Discard(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What kept the file from being written is the error to report.
        }
    }
}
