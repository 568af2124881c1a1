using Flair.DuckDb;
using Flair.Source;

namespace Flair.Indexing;

/// <summary>The columns of <c>tiles</c> and how a row fills them.</summary>
internal static class TileTable
{
    /// <summary>The place on the Hilbert curve; sorts the table and stays out of the file.</summary>
    public const string Order = "hilbert";

    /// <summary>
    /// <c>bbox</c> and <c>geometry</c> are NULL where the place of a failed tile is not known; <c>area_ha</c> is that of the pixels with data, NULL where the CRS counts in degrees; <c>modified</c> is in UTC;
    /// <c>mean_confidence</c> is NULL where nothing was computed.
    /// </summary>
    public const string Columns = $"""
        {Order} UBIGINT, tile VARCHAR, status VARCHAR, error VARCHAR, width INTEGER, height INTEGER,
        windows INTEGER, windows_computed INTEGER, nodata_pixels BIGINT, area_ha DOUBLE, histogram BIGINT[], mean_confidence DOUBLE,
        seconds DOUBLE, attempts INTEGER, requests BIGINT, bytes_received BIGINT,
        inputs STRUCT(path VARCHAR, bytes BIGINT, modified TIMESTAMP)[],
        inputs_fingerprint VARCHAR, model_fingerprint VARCHAR, settings_fingerprint VARCHAR,
        outputs STRUCT(path VARCHAR, bytes BIGINT, sha256 VARCHAR)[],
        bbox STRUCT(xmin DOUBLE, ymin DOUBLE, xmax DOUBLE, ymax DOUBLE), geometry BLOB
        """;

    public static void Append(DuckAppender appender, TileRow row, IndexDescription description) => appender.AppendRow(
        Distance(row.Box, description.Grid),
        row.Tile,
        row.Status == TileStatus.Done ? "done" : "failed",
        row.Error,
        row.Width,
        row.Height,
        row.Windows,
        row.WindowsComputed,
        row.NodataPixels,
        description.HectaresPerPixel is { } hectares ? Math.Round(hectares * (((long)row.Width * row.Height) - row.NodataPixels), 6) : null,
        row.Histogram,
        double.IsNaN(row.MeanConfidence) ? null : row.MeanConfidence,
        row.Seconds,
        row.Attempts,
        row.Requests,
        row.BytesReceived,
        row.Inputs.Select(file => new object?[] { file.Path, file.Bytes, new DateTime(file.Modified, DateTimeKind.Utc) }).ToArray(),
        row.InputsFingerprint,
        row.ModelFingerprint,
        row.SettingsFingerprint,
        row.Outputs.Select(file => new object?[] { file.Path, file.Bytes, file.Sha256 }).ToArray(),
        row.Width > 0 ? SliceTable.BoundingBox(row.Box) : null,
        row.Width > 0 ? GeoParquet.Polygon(row.Box) : null);

    private static ulong Distance(GeoBox box, MosaicGrid grid) => Hilbert.Distance(
        (int)Math.Floor(((box.Left + box.Right) / 2 - grid.AnchorX) / grid.PixelWidth),
        (int)Math.Floor((grid.AnchorY - ((box.Bottom + box.Top) / 2)) / grid.PixelHeight));
}
