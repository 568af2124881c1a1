using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <content>Virtual files: cpl_vsi.h.</content>
internal static unsafe partial class Native
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int VSIStatExL(string path, VsiStat* stat, int flags);

    [LibraryImport(Library)]
    public static partial nuint VSIFReadL(void* buffer, nuint size, nuint count, nint file);

    [LibraryImport(Library)]
    public static partial nuint VSIFWriteL(void* buffer, nuint size, nuint count, nint file);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int VSIUnlink(string path);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint VSIOpenDir(string path, int depth, byte** options);

    [LibraryImport(Library)]
    public static partial VsiDirectoryEntry* VSIGetNextDirEntry(nint directory);

    [LibraryImport(Library)]
    public static partial void VSICloseDir(nint directory);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void VSICurlPartialClearCache(string prefix);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte** CSLAddString(byte** list, string text);

    [LibraryImport(Library)]
    public static partial VsiCallbacks* VSIAllocFilesystemPluginCallbacksStruct();

    [LibraryImport(Library)]
    public static partial void VSIFreeFilesystemPluginCallbacksStruct(VsiCallbacks* callbacks);

    [LibraryImport(Library)]
    public static partial int VSIInstallPluginHandler(byte* prefix, VsiCallbacks* callbacks);

    /// <summary><c>struct stat64</c> of Linux on x86-64, in which GDAL tells of a file.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    public struct VsiStat
    {
        [FieldOffset(24)]
        public uint Mode;

        [FieldOffset(48)]
        public long Bytes;

        [FieldOffset(88)]
        public long ModifiedSeconds;
    }

    /// <summary><c>VSIDIREntry</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct VsiDirectoryEntry
    {
        public byte* Name;
        public int Mode;
        public ulong Bytes;
        public long ModifiedSeconds;
        public byte ModeKnown;
        public byte BytesKnown;
        public byte ModifiedKnown;
        public byte** Extra;
    }

    /// <summary><c>VSIFilesystemPluginCallbacksStruct</c> as GDAL 3.6 has it; later versions add members at its end. GDAL allocates it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct VsiCallbacks
    {
        public void* User;
        public delegate* unmanaged[Cdecl]<void*, byte*, VsiStat*, int, int> Stat;
        public void* Unlink;
        public void* Rename;
        public void* MakeDirectory;
        public void* RemoveDirectory;
        public delegate* unmanaged[Cdecl]<void*, byte*, int, byte**> ReadDirectory;
        public delegate* unmanaged[Cdecl]<void*, byte*, byte*, void*> Open;
        public delegate* unmanaged[Cdecl]<void*, ulong> Tell;
        public delegate* unmanaged[Cdecl]<void*, ulong, int, int> Seek;
        public delegate* unmanaged[Cdecl]<void*, void*, nuint, nuint, nuint> Read;
        public delegate* unmanaged[Cdecl]<void*, int, void**, ulong*, nuint*, int> ReadMany;
        public void* RangeStatus;
        public delegate* unmanaged[Cdecl]<void*, int> AtEnd;
        public void* Write;
        public void* Flush;
        public void* Truncate;
        public delegate* unmanaged[Cdecl]<void*, int> Close;
        public nuint BufferBytes;
        public nuint CacheBytes;
        public delegate* unmanaged[Cdecl]<void*, byte*, byte**> Siblings;
    }
}
