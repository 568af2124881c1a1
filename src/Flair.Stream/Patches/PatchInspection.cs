using Flair.Gdal;

namespace Flair.Patches;

/// <summary>What a patch's files hold, as far as the checks need it.</summary>
internal sealed record PatchInspection
{
    /// <summary>Far beyond what any network learns from, and short of where sizes in bytes overflow.</summary>
    private const int LargestSide = 8192;

    /// <summary>Why the image cannot be used.</summary>
    public string? ImageProblem { get; private init; }

    /// <summary>Why the mask cannot be used.</summary>
    public string? MaskProblem { get; private init; }

    /// <summary>The image's pixels across and down; null where it cannot be opened, or was not looked at.</summary>
    public (int Width, int Height)? Image { get; private init; }

    /// <summary>The mask's; null where it cannot be read, or there is none.</summary>
    public (int Width, int Height)? Mask { get; private init; }

    /// <summary>The values of the mask, rising, with their pixels.</summary>
    public IReadOnlyList<(byte Value, int Pixels)> Values { get; private init; } = [];

    /// <summary>
    /// Looks at the files. Of the image, the header and the first and last row of every channel are read, which finds what was cut short;
    /// the mask is read whole.
    /// </summary>
    /// <param name="image">The image's path.</param>
    /// <param name="mask">The mask's path; null for none.</param>
    /// <param name="channels">Bands to read; empty leaves the image alone.</param>
    public static PatchInspection Of(string image, string? mask, IReadOnlyList<int> channels)
    {
        var inspection = new PatchInspection();
        if (channels.Count > 0)
            inspection = OfImage(inspection, image, channels);
        return mask is null ? inspection : OfMask(inspection, mask);
    }

    private static PatchInspection OfImage(PatchInspection inspection, string path, IReadOnlyList<int> channels)
    {
        if (Absence(path) is { } absence)
            return inspection with { ImageProblem = $"the image {path} {absence}" };
        try
        {
            using var raster = Raster.Open(path);
            if (Math.Max(raster.Width, raster.Height) > LargestSide)
                return inspection with { ImageProblem = $"the image {path} is {raster.Width} × {raster.Height}; a patch has at most {LargestSide} pixels a side" };
            inspection = inspection with { Image = (raster.Width, raster.Height) };
            if (channels.Max() is var highest && highest > raster.BandCount)
                return inspection with { ImageProblem = $"the image {path} has {raster.BandCount} {(raster.BandCount == 1 ? "band" : "bands")} and channels asks for band {highest}" };
            int[] bands = [.. channels];
            var row = new float[bands.Length * raster.Width];
            raster.Read<float>(0, 0, raster.Width, 1, bands, row);
            raster.Read<float>(0, raster.Height - 1, raster.Width, 1, bands, row);
            return inspection;
        }
        catch (GdalException e)
        {
            return inspection with { ImageProblem = $"the image {path} cannot be read ({e.Message.TrimEnd('.')})" };
        }
    }

    private static PatchInspection OfMask(PatchInspection inspection, string path)
    {
        if (Absence(path) is { } absence)
            return inspection with { MaskProblem = $"the mask {path} {absence}" };
        try
        {
            using var raster = Raster.Open(path);
            if (raster.Type(1) != GdalType.Byte)
                return inspection with { MaskProblem = $"the mask {path} has {raster.Type(1)} values; masks have 8 bits" };
            if (Math.Max(raster.Width, raster.Height) > LargestSide)
                return inspection with { MaskProblem = $"the mask {path} is {raster.Width} × {raster.Height}; a patch has at most {LargestSide} pixels a side" };
            var values = new byte[raster.Width * raster.Height];
            raster.Read<byte>(0, 0, raster.Width, raster.Height, [1], values);
            return inspection with { Mask = (raster.Width, raster.Height), Values = Count(values) };
        }
        catch (GdalException e)
        {
            return inspection with { MaskProblem = $"the mask {path} cannot be read ({e.Message.TrimEnd('.')})" };
        }
    }

    private static List<(byte Value, int Pixels)> Count(byte[] values)
    {
        var counts = new int[256];
        foreach (var value in values)
            counts[value]++;
        var found = new List<(byte, int)>();
        for (var value = 0; value < counts.Length; value++)
        {
            if (counts[value] > 0)
                found.Add(((byte)value, counts[value]));
        }

        return found;
    }

    // GDAL's virtual file systems and URLs are for GDAL to look up.
    private static string? Absence(string path) =>
        path.StartsWith("/vsi", StringComparison.Ordinal) || path.Contains("://", StringComparison.Ordinal) || File.Exists(path) ? null
        : Directory.Exists(path) ? "is a directory, not a file"
        : "does not exist";
}
