using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Flair.Gdal;

/// <summary>Files that this program gives GDAL to read. Its methods are called on any thread.</summary>
public interface IVsiFiles
{
    /// <summary>Size and modification time of a file, by its path after the prefix; null when there is none.</summary>
    /// <exception cref="Exception">It cannot be told whether there is one; the call of GDAL's fails with the message.</exception>
    VsiEntry? Stat(string path);

    /// <summary>Opens a file to read; null when there is none.</summary>
    /// <exception cref="Exception">It cannot be opened; the call of GDAL's fails with the message.</exception>
    IVsiFile? Open(string path);
}

/// <summary>An open file. It is used by one thread at a time.</summary>
public interface IVsiFile : IDisposable
{
    /// <summary>Size in bytes.</summary>
    long Length { get; }

    /// <summary>Reads ranges that lie inside the file, each completely.</summary>
    /// <exception cref="Exception">Some range cannot be read; the call of GDAL's fails with the message.</exception>
    void Read(ReadOnlySpan<VsiRange> ranges);
}

/// <summary>A part of a file and where it goes.</summary>
/// <param name="Offset">Its first byte in the file.</param>
/// <param name="Target">Where its first byte goes.</param>
/// <param name="Length">Bytes.</param>
public readonly unsafe record struct VsiRange(long Offset, nint Target, int Length)
{
    /// <summary>Where it goes.</summary>
    public Span<byte> Span => new((void*)Target, Length);
}

/// <summary>
/// Puts files of this program into GDAL's virtual file system. Exceptions never cross into GDAL: their messages become the error of the
/// call that GDAL was asked for. GDAL is told that a file has no others beside it, so that it looks for no world files, overviews or
/// <c>.aux.xml</c>, each of which would be a request: a raster must hold its own georeferencing, or bear it in its name.
/// </summary>
public static unsafe class VsiPlugin
{
    private const int NoSuchFile = 2, InputOutput = 5; // ENOENT, EIO
    private const uint RegularFile = 0x8000 | 0x124; // S_IFREG, r--r--r--

    /// <summary>Makes files known under a prefix, for the life of the process.</summary>
    /// <param name="prefix">How their paths begin, e.g. <c>/vsiflair/</c>.</param>
    /// <param name="files">The files.</param>
    public static void Install(string prefix, IVsiFiles files)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(files);
        GdalRuntime.Initialize();
        var callbacks = Native.VSIAllocFilesystemPluginCallbacksStruct();
        callbacks->User = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(files));
        callbacks->Stat = &OnStat;
        callbacks->ReadDirectory = &OnReadDirectory;
        callbacks->Open = &OnOpen;
        callbacks->Tell = &OnTell;
        callbacks->Seek = &OnSeek;
        callbacks->Read = &OnRead;
        callbacks->ReadMany = &OnReadMany;
        callbacks->AtEnd = &OnAtEnd;
        callbacks->Close = &OnClose;
        callbacks->Siblings = &OnSiblings;

        // GDAL keeps the pointer: the text must live as long as the process.
        var bytes = Encoding.UTF8.GetBytes(prefix);
        var kept = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(kept, bytes.Length));
        int result = Native.VSIInstallPluginHandler(kept, callbacks);
        Native.VSIFreeFilesystemPluginCallbacksStruct(callbacks);
        if (result != 0)
            throw new GdalException($"this GDAL {GdalRuntime.Version} takes no file system {prefix}");
    }

    private static T Target<T>(void* pointer) => (T)GCHandle.FromIntPtr((nint)pointer).Target!;

    private static void Fail(Exception fault)
    {
        GdalErrors.AddFault(fault.Message);
        Marshal.SetLastSystemError(InputOutput);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnStat(void* user, byte* name, Native.VsiStat* stat, int flags)
    {
        try
        {
            *stat = default;
            if (Target<IVsiFiles>(user).Stat(Marshal.PtrToStringUTF8((nint)name) ?? "") is { } entry)
            {
                stat->Mode = RegularFile;
                stat->Bytes = entry.Bytes;
                stat->ModifiedSeconds = entry.ModifiedSeconds;
                return 0;
            }

            Marshal.SetLastSystemError(NoSuchFile);
        }
#pragma warning disable CA1031 // nothing may cross into C++
        catch (Exception fault)
        {
            Fail(fault);
        }
#pragma warning restore CA1031

        return -1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte** OnReadDirectory(void* user, byte* name, int most) => null;

    /// <summary>The file's own name alone. GDAL frees the list.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte** OnSiblings(void* user, byte* name)
    {
        try
        {
            var path = Marshal.PtrToStringUTF8((nint)name) ?? "";
            return Native.CSLAddString(null, path[(path.LastIndexOf('/') + 1)..]);
        }
#pragma warning disable CA1031 // nothing may cross into C++
        catch
        {
            return null;
        }
#pragma warning restore CA1031
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* OnOpen(void* user, byte* name, byte* access)
    {
        try
        {
            const int readOnlyFileSystem = 30; // EROFS
            var mode = Marshal.PtrToStringUTF8((nint)access) ?? "";
            if (mode.AsSpan().IndexOfAny('w', 'a', '+') >= 0)
            {
                Marshal.SetLastSystemError(readOnlyFileSystem);
                return null;
            }

            if (Target<IVsiFiles>(user).Open(Marshal.PtrToStringUTF8((nint)name) ?? "") is { } file)
                return (void*)GCHandle.ToIntPtr(GCHandle.Alloc(new OpenFile(file)));
            Marshal.SetLastSystemError(NoSuchFile);
        }
#pragma warning disable CA1031 // nothing may cross into C++
        catch (Exception fault)
        {
            Fail(fault);
        }
#pragma warning restore CA1031

        return null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static ulong OnTell(void* file) => (ulong)Target<OpenFile>(file).Position;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnSeek(void* file, ulong offset, int whence)
    {
        var open = Target<OpenFile>(file);
        long from = whence switch { 0 => 0, 1 => open.Position, _ => open.File.Length };
        long to = unchecked(from + (long)offset);
        if (to < 0)
            return -1;
        open.Position = to;
        open.AtEnd = false;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint OnRead(void* file, void* buffer, nuint size, nuint count)
    {
        var open = Target<OpenFile>(file);
        if (size == 0 || count == 0)
            return 0;
        try
        {
            // What is asked for may exceed the file, and its product even 64 bits.
            var asked = (UInt128)size * count;
            long wanted = (long)UInt128.Min(asked, (UInt128)Math.Max(0, open.File.Length - open.Position));
            open.AtEnd = asked > (UInt128)wanted;
            long items = wanted / (long)size;
            for (long done = 0; done < wanted;)
            {
                int part = (int)Math.Min(wanted - done, 1 << 30);
                open.File.Read([new VsiRange(open.Position, (nint)buffer + (nint)done, part)]);
                open.Position += part;
                done += part;
            }

            return (nuint)items;
        }
#pragma warning disable CA1031 // nothing may cross into C++
        catch (Exception fault)
        {
            Fail(fault);
            return 0;
        }
#pragma warning restore CA1031
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnReadMany(void* file, int count, void** targets, ulong* offsets, nuint* sizes)
    {
        var open = Target<OpenFile>(file);
        try
        {
            var ranges = new VsiRange[count];
            for (int i = 0; i < count; i++)
            {
                // A file that is damaged may point anywhere.
                if (sizes[i] > int.MaxValue || offsets[i] > (ulong)open.File.Length || sizes[i] > (nuint)(ulong)open.File.Length - (nuint)offsets[i])
                    return -1;
                ranges[i] = new VsiRange((long)offsets[i], (nint)targets[i], (int)sizes[i]);
            }

            open.File.Read(ranges);
            return 0;
        }
#pragma warning disable CA1031 // nothing may cross into C++
        catch (Exception fault)
        {
            Fail(fault);
            return -1;
        }
#pragma warning restore CA1031
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnAtEnd(void* file) => Target<OpenFile>(file).AtEnd ? 1 : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnClose(void* file)
    {
        try
        {
            var handle = GCHandle.FromIntPtr((nint)file);
            ((OpenFile)handle.Target!).File.Dispose();
            handle.Free();
            return 0;
        }
#pragma warning disable CA1031 // nothing may cross into C++
        catch (Exception fault)
        {
            Fail(fault);
            return -1;
        }
#pragma warning restore CA1031
    }

    private sealed class OpenFile(IVsiFile file)
    {
        public IVsiFile File => file;

        public long Position { get; set; }

        public bool AtEnd { get; set; }
    }
}
