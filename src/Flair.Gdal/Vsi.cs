namespace Flair.Gdal;

/// <summary>Files as GDAL sees them, <c>/vsimem/</c> and the like included.</summary>
public static class Vsi
{
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
