using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>A C array of UTF-8 strings ended by null, as GDAL takes options. Freed by <see cref="Dispose"/>.</summary>
internal readonly unsafe ref struct StringList
{
    private readonly int _count;

    public StringList(IReadOnlyList<string> strings)
    {
        _count = strings.Count;
        if (_count == 0)
            return;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < _count; i++)
            Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
    }

    /// <summary>Null for an empty list.</summary>
    public byte** Pointer { get; }

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
            Marshal.FreeCoTaskMem((nint)Pointer[i]);
        NativeMemory.Free(Pointer);
    }
}
