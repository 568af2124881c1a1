namespace Flair.Source;

/// <summary>What a raster may claim. A header of a few bytes can claim any size, and memory and time go by it before a pixel is decoded.</summary>
internal static class RasterBounds
{
    /// <summary>Pixels a side: 210 km of BD ORTHO.</summary>
    private const int LongestSide = 1 << 20;

    /// <summary>Pixels in all: a square of 105 km of BD ORTHO, whose windows are laid out in some 100 MB.</summary>
    private const long MostPixels = 1L << 38;

    /// <summary>Decoded bytes of a row of blocks, of all bands, that any file may have.</summary>
    private const long UsualRow = 1L << 30;

    /// <summary>What deflate, LZW and JPEG make of a byte at most, and as much again.</summary>
    private const long MostExpansion = 2048;

    /// <summary>What is wrong with what a header claims; null where nothing is.</summary>
    public static string? ProblemOf(RasterInfo info)
    {
        if (Math.Max(info.Width, info.Height) > LongestSide || (long)info.Width * info.Height > MostPixels)
            return $"has {info.Width} x {info.Height} pixels by its header; {LongestSide} a side and {MostPixels:N0} in all are the most, cut it into tiles";

        // A VRT holds no pixels, and its blocks are small; not every remote file's length is known.
        if (info.Driver == "VRT" || info.Bytes == 0)
            return null;
        var row = (Int128)info.Width * info.BlockHeight * info.Bands.Count * sizeof(float);
        return row > UsualRow + (MostExpansion * (Int128)info.Bytes)
            ? $"has blocks of {info.BlockWidth} x {info.BlockHeight} by its header, a row of which takes {row >> 20:N0} MiB, far more than {info.Bytes:N0} bytes of file hold; write it again in smaller blocks (gdal_translate -co TILED=YES)"
            : null;
    }
}
