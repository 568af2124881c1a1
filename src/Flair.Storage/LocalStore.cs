using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Flair.Storage;

/// <summary>
/// A directory. An object is written under a name of its own beside the final one, flushed, and then linked (create: link(2) refuses
/// where there is one) or renamed (replace). What a killed process leaves are files that end in <see cref="TemporarySuffix"/>.
/// </summary>
public sealed partial class LocalStore : IObjectStore
{
    /// <summary>How files that are being written end.</summary>
    public const string TemporarySuffix = ".tmp-flair";

    private const int AlreadyExists = 17; // EEXIST
    private readonly string _directory;

    /// <summary>The store of a directory; it is made when something is written.</summary>
    public LocalStore(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        Root = ObjectPath.Parse(_directory);
    }

    /// <inheritdoc/>
    public ObjectPath Root { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        await Task.CompletedTask;
        var folder = Path.Combine(_directory, prefix[..(prefix.LastIndexOf('/') + 1)]);
        if (!Directory.Exists(folder))
            yield break;
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        var entries = Guard(Root.Join(prefix), () => Directory.EnumerateFiles(folder, "*", options)
            .Where(file => !file.EndsWith(TemporarySuffix, StringComparison.Ordinal))
            .Select(file => (File: file, Key: Path.GetRelativePath(_directory, file)))
            .Where(each => each.Key.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(each => each.Key, StringComparer.Ordinal)
            .ToList());
        foreach (var (file, key) in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Describe(key, file) is { } entry)
                yield return entry;
        }
    }

    /// <inheritdoc/>
    public Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default) => Run(key, file => Describe(key, file), cancellation);

    /// <inheritdoc/>
    public Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default) =>
        Run(key, file =>
        {
            using var handle = File.OpenHandle(file);
            if (!string.IsNullOrEmpty(etag) && Describe(key, file)?.ETag != etag)
                throw new StorageException(StorageFault.Changed, $"{file}: changed since it was opened");
            return FileRange.Read(handle, buffer.Span, offset);
        }, cancellation);

    /// <inheritdoc/>
    public Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default) =>
        Run(key, file => !File.Exists(file) && Write(file, content, (temporary, final) =>
        {
            if (Link(temporary, final))
            {
                File.Delete(temporary);
                return true;
            }

            return false;
        }), cancellation);

    /// <inheritdoc/>
    public Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default) =>
        Run(key, file => Write(file, content, (temporary, final) =>
        {
            File.Move(temporary, final, overwrite: true);
            return true;
        }), cancellation);

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellation = default) => Run(key, file =>
    {
        if (File.Exists(file))
        {
            File.Delete(file);
            FlushDirectory(Path.GetDirectoryName(file)!);
        }

        return true;
    }, cancellation);

    /// <summary>Removes what killed processes left unfinished.</summary>
    /// <param name="before">Only what was last written before, in UTC ticks: others may be writing just now.</param>
    public void Sweep(long before)
    {
        if (!Directory.Exists(_directory))
            return;
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var file in Directory.EnumerateFiles(_directory, "*" + TemporarySuffix, options).ToList())
        {
            if (File.GetLastWriteTimeUtc(file).Ticks < before)
                File.Delete(file);
        }
    }

    private static ObjectEntry? Describe(string key, string path)
    {
        var file = new FileInfo(path);
        if (file.Exists && file.LinkTarget is not null)
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        if (!file.Exists)
            return null;
        var ticks = file.LastWriteTimeUtc.Ticks;
        return new ObjectEntry(key, file.Length, ticks, $"{file.Length:x}-{ticks:x}");
    }

    private static bool Write(string file, ObjectContent content, Func<string, string, bool> publish)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var temporary = $"{file}.{Guid.NewGuid():N}{TemporarySuffix}";
        try
        {
            using (var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, content.Length))
            {
                var buffer = new byte[(int)Math.Clamp(content.Length, 1, 1 << 20)];
                for (long done = 0; done < content.Length;)
                {
                    int got = content.Read(done, buffer.AsSpan(0, (int)Math.Min(buffer.Length, content.Length - done)));
                    if (got == 0)
                        throw new StorageException(StorageFault.Changed, $"{file}: its source became shorter while it was written");
                    RandomAccess.Write(handle, buffer.AsSpan(0, got), done);
                    done += got;
                }

                RandomAccess.FlushToDisk(handle);
            }

            Verify(temporary, content);
            if (!publish(temporary, file))
            {
                File.Delete(temporary);
                return false;
            }

            FlushDirectory(Path.GetDirectoryName(file)!);
            return true;
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    private static void Verify(string file, ObjectContent content)
    {
        if (new FileInfo(file).Length != content.Length || ContentHash.OfFile(file) != ContentHash.Of(content))
            throw new StorageException(StorageFault.Corrupt, $"{file}: what was written does not read back");
    }

    /// <summary>False when there is one. Where the file system has no hard links, renameat2 that replaces nothing does the same.</summary>
    private static bool Link(string temporary, string file)
    {
        if (link(temporary, file) == 0)
            return true;
        int error = Marshal.GetLastPInvokeError();
        if (error == AlreadyExists)
            return false;
        const int workingDirectory = -100, noReplace = 1;
        if (renameat2(workingDirectory, temporary, workingDirectory, file, noReplace) == 0)
            return true;
        error = Marshal.GetLastPInvokeError();
        return error == AlreadyExists
            ? false
            : throw new IOException($"cannot be given its name ({Marshal.GetPInvokeErrorMessage(error)}); the file system must know hard links or renameat2");
    }

    private static void FlushDirectory(string directory)
    {
        int descriptor = open(directory, 0);
        if (descriptor < 0)
            return;
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error of the write is the one to tell.
        }
    }

    private static T Guard<T>(ObjectPath path, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StorageException(StorageFault.NotFound, $"{path}: not there", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException(StorageFault.Denied, $"{path}: {e.Message.TrimEnd('.')}", e);
        }
        catch (IOException e)
        {
            const int noSpace = 28, overQuota = 122;
            var full = (e.HResult & 0xFFFF) is noSpace or overQuota;
            throw new StorageException(full ? StorageFault.Full : StorageFault.Unavailable, $"{path}: {e.Message.TrimEnd('.')}", e);
        }
    }

    private Task<T> Run<T>(string key, Func<string, T> act, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length == 0 || Path.IsPathRooted(key) || key.Split('/').Contains(".."))
            throw new StorageException(StorageFault.Invalid, $"{key}: no key of an object in {_directory}");
        return Task.Run(() => Guard(Root.Join(key), () => act(Path.Combine(_directory, key))), cancellation);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int link(string from, string to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
