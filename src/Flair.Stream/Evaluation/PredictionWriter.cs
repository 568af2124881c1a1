using Flair.Gdal;

namespace Flair.Evaluation;

/// <summary>
/// Writes the predicted classes of a patch as FLAIR-1's <c>writer.py</c> does: one band, LZW; georeferenced, then with the coordinate system, the
/// geotransform, the nodata value and the blocks of its image; or plain. It is a GeoTIFF of 8 bits whatever the image is, where
/// FLAIR-1 repeats the image's format and data type.
/// </summary>
internal static class PredictionWriter
{
    /// <summary>Writes one; it bears its name only when it is complete and reads back as it was written.</summary>
    /// <param name="path">Where.</param>
    /// <param name="image">The image predicted; only opened where <paramref name="georeferenced"/>.</param>
    /// <param name="georeferenced">Whether to take its place on earth over.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="classes">Class indices from 0, row by row.</param>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static void Write(string path, string image, bool georeferenced, int width, int height, ReadOnlyMemory<byte> classes)
    {
        OutputGuard.Run($"{path}: the prediction cannot be written", () =>
        {
            var profile = georeferenced ? Profile.Of(image) : Profile.None;
            DurableFile.Write(path, temporary =>
            {
                using (var raster = Raster.Create("GTiff", temporary, width, height, 1, GdalType.Byte, [.. profile.Options, "COMPRESS=LZW"]))
                {
                    if (profile.Crs.Length > 0)
                        raster.SetCrs(profile.Crs);
                    if (profile.GeoTransform is { } transform)
                        raster.SetGeoTransform(transform);
                    if (profile.Nodata is { } nodata)
                        raster.SetNodata(1, nodata);
                    raster.Write(0, 0, width, height, [1], classes.Span);
                    raster.Close();
                }

                using var written = Raster.Open(temporary);
                var back = new byte[classes.Length];
                written.Read<byte>(0, 0, width, height, [1], back);
                if (!classes.Span.SequenceEqual(back))
                    throw new IOException("it does not read back as it was written");
            });
        });
    }

    /// <summary>What a prediction takes over from its image.</summary>
    private sealed record Profile(IReadOnlyList<string> Options, string Crs, double[]? GeoTransform, double? Nodata)
    {
        public static Profile None { get; } = new(["PROFILE=BASELINE"], "", null, null);

        public static Profile Of(string image)
        {
            using var raster = Raster.Open(image);
            var (blockWidth, blockHeight) = raster.BlockSize(1);
            const int tileUnit = 16;
            var tiled = blockWidth != raster.Width && blockWidth % tileUnit == 0 && blockHeight % tileUnit == 0;
            string[] blocks = tiled ? ["TILED=YES", $"BLOCKXSIZE={blockWidth}", $"BLOCKYSIZE={blockHeight}"]
                : blockWidth == raster.Width ? [$"BLOCKYSIZE={blockHeight}"] : [];
            var nodata = raster.Nodata(1) is { } value and >= 0 and <= byte.MaxValue && value == Math.Floor(value) ? value : (double?)null;
            return new(blocks, raster.CrsWkt, raster.GeoTransform, nodata);
        }
    }
}
