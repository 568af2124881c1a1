using Microsoft.Win32.SafeHandles;

namespace Flair.Storage;

/// <summary>Parts of files on a disk.</summary>
public static class FileRange
{
    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/> on, or less at the file's end; the system may give it in pieces.</summary>
    /// <returns>Bytes read.</returns>
    /// <exception cref="IOException">The disk does not give them.</exception>
    public static int Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int got = RandomAccess.Read(file, buffer[done..], offset + done);
            if (got == 0)
                break;
            done += got;
        }

        return done;
    }
}
