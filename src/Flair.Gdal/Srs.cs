using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>A parsed coordinate reference system, with x east and y north whatever its definition's axis order.</summary>
internal sealed class Srs : SafeHandle
{
    private const int TraditionalGisOrder = 0;

    private Srs(nint pointer)
        : base(0, ownsHandle: true) => SetHandle(pointer);

    public override bool IsInvalid => handle == 0;

    /// <summary>Parses WKT, <c>EPSG:2154</c>, a PROJ string or anything else that OGR takes.</summary>
    public static Srs Parse(string text)
    {
        GdalRuntime.Initialize();
        var srs = new Srs(Native.OSRNewSpatialReference(null));
        GdalErrors.Begin();
        if (Native.OSRSetFromUserInput(srs, text) != 0)
        {
            srs.Dispose();
            throw GdalErrors.Take($"not a coordinate reference system: {(text.Length > 80 ? text[..80] + "…" : text)}");
        }

        Native.OSRSetAxisMappingStrategy(srs, TraditionalGisOrder);
        return srs;
    }

    protected override bool ReleaseHandle()
    {
        Native.OSRDestroySpatialReference(handle);
        return true;
    }
}
