using System.Globalization;
using System.Runtime.InteropServices;
using Flair.Shared;

namespace Flair.OpenJpeg;

/// <summary>libopenjp2 as a whole. Debian's GDAL decodes JPEG 2000 with the same library, so where that is installed this one is.</summary>
public static class OpenJpegRuntime
{
    /// <summary>Earlier ones decode the whole image for a part of it.</summary>
    private const int LeastMinor = 3;

    private static readonly Lazy<string?> s_version = new(Find);

    /// <summary>True when a libopenjp2 2.x, x ≥ 3, is there.</summary>
    public static bool IsAvailable => s_version.Value is not null;

    /// <summary>The library's version, e.g. <c>2.5.0</c>; null when it is not there or too old.</summary>
    public static string? Version => s_version.Value;

    private static string? Find()
    {
        try
        {
            NativeLocator.Register(typeof(OpenJpegRuntime).Assembly, Native.Library, "libopenjp2.so.7");
            var version = Marshal.PtrToStringUTF8(Native.opj_version()) ?? "";
            var parts = version.Split('.');
            bool known = parts is ["2", var minor, ..]
                && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number >= LeastMinor;
            return known ? version : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return null;
        }
    }
}
