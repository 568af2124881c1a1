namespace Flair.Gdal;

/// <summary>Files as GDAL sees them, <c>/vsimem/</c> and the like included.</summary>
public static class Vsi
{
    /// <summary>Removes a file; false when there was none.</summary>
    public static bool Unlink(string path)
    {
        GdalRuntime.Initialize();
        return Native.VSIUnlink(path) == 0;
    }

    /// <summary>Renames a file, over an existing one.</summary>
    public static void Rename(string from, string to)
    {
        GdalRuntime.Initialize();
        GdalErrors.Begin();
        if (Native.VSIRename(from, to) != 0)
            throw GdalErrors.Take($"{from} could not be renamed to {to}");
    }

    /// <summary>Size of a file in bytes; null when there is none that can be read.</summary>
    public static long? Size(string path)
    {
        GdalRuntime.Initialize();
        var file = Native.VSIFOpenL(path, "rb");
        if (file == 0)
            return null;
        try
        {
            const int FromEnd = 2;
            return Native.VSIFSeekL(file, 0, FromEnd) == 0 ? (long)Native.VSIFTellL(file) : null;
        }
        finally
        {
            _ = Native.VSIFCloseL(file);
        }
    }
}
