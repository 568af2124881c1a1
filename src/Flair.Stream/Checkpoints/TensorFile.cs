namespace Flair.Checkpoints;

/// <summary>Writes a file of tensors where the user said.</summary>
internal static class TensorFile
{
    /// <summary>Writes it, and gives it its name only once it is complete, verified and on the disk.</summary>
    /// <param name="path">The final name; replaced if it exists.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="verify">Reads it back and throws where it is not as written.</param>
    /// <exception cref="FlairException">It cannot be written there.</exception>
    public static void Write(string path, Action<FileStream> write, Action<FileStream> verify)
    {
        try
        {
            DurableFile.Write(path, temporary =>
            {
                using var file = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16);
                write(file);
                file.Position = 0;
                verify(file);
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new FlairException($"{path}: cannot be written ({error.Message.TrimEnd('.')}); give a directory that exists, is writable and has space", error);
        }
    }
}
