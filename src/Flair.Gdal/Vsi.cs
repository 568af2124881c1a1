using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>Files as GDAL sees them, <c>/vsimem/</c>, <c>/vsis3/</c> and the like included. Failures are <see cref="GdalException"/>s with GDAL's message.</summary>
public static unsafe class Vsi
{
    private const int FromEnd = 2;
    private const uint FileKind = 0xF000, Directory = 0x4000;
    private static readonly ConcurrentDictionary<string, string> Schemes = new(StringComparer.Ordinal);

    /// <summary>Has rasters be opened by addresses such as <c>az://container/key</c>.</summary>
    /// <param name="beginning">How the addresses begin, e.g. <c>az://</c>.</param>
    /// <param name="prefix">What GDAL is given instead, e.g. <c>/vsis3/</c>.</param>
    public static void AddScheme(string beginning, string prefix) => Schemes[beginning] = prefix;

    /// <summary>The path that GDAL knows a file by: an address whose scheme was added becomes a path of its file system, all else stays.</summary>
    public static string NativePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        int end = path.IndexOf("://", StringComparison.Ordinal) + 3;
        return end > 2 && Schemes.TryGetValue(path[..end], out var prefix) ? prefix + path[end..] : path;
    }

    /// <summary>Size of a file in bytes; null when there is none that can be read.</summary>
    public static long? Size(string path)
    {
        GdalRuntime.Initialize();
        var file = Native.VSIFOpenL(NativePath(path), "rb");
        if (file == 0)
            return null;
        try
        {
            return Native.VSIFSeekL(file, 0, FromEnd) == 0 ? (long)Native.VSIFTellL(file) : null;
        }
        finally
        {
            _ = Native.VSIFCloseL(file);
        }
    }

    /// <summary>What the file system says of a file; null when there is none (or it cannot be told from none). Directories are none.</summary>
    public static VsiEntry? Stat(string path)
    {
        GdalRuntime.Initialize();
        GdalErrors.Begin();
        Native.VsiStat stat = default;
        int result = Native.VSIStatExL(NativePath(path), &stat, 0);
        GdalErrors.ThrowIfAny(path);
        return result == 0 && (stat.Mode & FileKind) != Directory ? new VsiEntry(path, stat.Bytes, stat.ModifiedSeconds) : null;
    }

    /// <summary>The files below a directory, at any depth; their paths are relative to it.</summary>
    public static IReadOnlyList<VsiEntry> List(string directory)
    {
        GdalRuntime.Initialize();
        GdalErrors.Begin();
        var handle = Native.VSIOpenDir(NativePath(directory), -1, null);
        List<VsiEntry> files = [];
        if (handle != 0)
        {
            try
            {
                for (var entry = Native.VSIGetNextDirEntry(handle); entry is not null; entry = Native.VSIGetNextDirEntry(handle))
                {
                    if (entry->ModeKnown == 0 || ((uint)entry->Mode & FileKind) != Directory)
                        files.Add(new VsiEntry(Marshal.PtrToStringUTF8((nint)entry->Name) ?? "", (long)entry->Bytes, entry->ModifiedKnown != 0 ? entry->ModifiedSeconds : 0));
                }
            }
            finally
            {
                Native.VSICloseDir(handle);
            }
        }

        GdalErrors.ThrowIfAny(directory);
        return files;
    }

    /// <summary>Reads a part of a file; less at its end.</summary>
    /// <returns>Bytes read; null when the file cannot be opened.</returns>
    public static int? Read(string path, long offset, Span<byte> buffer)
    {
        GdalRuntime.Initialize();
        GdalErrors.Begin();
        var file = Native.VSIFOpenL(NativePath(path), "rb");
        if (file == 0)
        {
            GdalErrors.ThrowIfAny(path);
            return null;
        }

        try
        {
            nuint got = 0;
            fixed (byte* target = buffer)
            {
                if (Native.VSIFSeekL(file, (ulong)offset, 0) == 0)
                    got = Native.VSIFReadL(target, 1, (nuint)buffer.Length, file);
            }

            GdalErrors.ThrowIfAny(path);
            return (int)got;
        }
        finally
        {
            _ = Native.VSIFCloseL(file);
        }
    }

    /// <summary>Writes a file; on <c>/vsis3/</c> and <c>/vsigs/</c> it appears when the last piece is there.</summary>
    /// <param name="path">Where; replaced if it exists.</param>
    /// <param name="next">Gives the next piece; an empty one ends the file. When it throws, what was written is removed.</param>
    public static void Write(string path, Func<ReadOnlyMemory<byte>> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        GdalRuntime.Initialize();
        GdalErrors.Begin();
        var file = Native.VSIFOpenL(NativePath(path), "wb");
        if (file == 0)
            throw GdalErrors.Take(path);
        try
        {
            for (var piece = next(); !piece.IsEmpty; piece = next())
            {
                fixed (byte* source = piece.Span)
                {
                    if (Native.VSIFWriteL(source, 1, (nuint)piece.Length, file) != (nuint)piece.Length)
                        throw GdalErrors.Take(path);
                }
            }
        }
        catch
        {
            // Closing may complete what is only a part.
            _ = Native.VSIFCloseL(file);
            _ = Native.VSIUnlink(NativePath(path));
            throw;
        }

        if (Native.VSIFCloseL(file) != 0)
            throw GdalErrors.Take(path);
        GdalErrors.ThrowIfAny(path);
    }

    /// <summary>Removes a file.</summary>
    /// <returns>False when it could not be removed, mostly because there is none.</returns>
    public static bool Delete(string path)
    {
        GdalRuntime.Initialize();
        GdalErrors.Begin();
        return Native.VSIUnlink(NativePath(path)) == 0;
    }

    /// <summary>Has GDAL forget what its network file systems remember of files whose path begins so, failures included.</summary>
    public static void Forget(string prefix)
    {
        GdalRuntime.Initialize();
        Native.VSICurlPartialClearCache(NativePath(prefix));
    }
}

/// <summary>A file as a file system of GDAL's describes it.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Bytes">Size in bytes.</param>
/// <param name="ModifiedSeconds">Modification time in seconds since 1970; 0 where it is not told.</param>
public readonly record struct VsiEntry(string Path, long Bytes, long ModifiedSeconds);
