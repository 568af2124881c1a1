namespace Flair;

/// <summary>Reads small files whole, and those that are not small only as far as shows it: a file from elsewhere must not decide how much memory it takes.</summary>
internal static class BoundedFile
{
    /// <summary>Settings, records and the like: the largest that a country needs have some megabytes.</summary>
    public const int Usual = 16 << 20;

    /// <summary>All bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <exception cref="IOException">It cannot be read, or has more.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, int most = Usual)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

        // What is no ordinary file, e.g. a device, has no length or another one than it gives.
        var length = file.CanSeek ? file.Length : 0;
        using var bytes = new MemoryStream((int)Math.Min(length, most));
        var buffer = new byte[1 << 16];
        for (int read; bytes.Length <= most && length <= most && (read = file.Read(buffer)) > 0;)
            bytes.Write(buffer, 0, read);
        return bytes.Length <= most && length <= most ? bytes.ToArray() : throw new IOException($"it has more than {most >> 20} MiB, so it is another file");
    }

    /// <summary>All text, in UTF-8 or what its byte order mark says.</summary>
    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadAllText(string path, int most = Usual)
    {
        using var reader = new StreamReader(new MemoryStream(ReadAllBytes(path, most)));
        return reader.ReadToEnd();
    }
}
