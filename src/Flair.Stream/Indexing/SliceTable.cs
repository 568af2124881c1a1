using Flair.DuckDb;

namespace Flair.Indexing;

/// <summary>The columns of <c>slices</c> and how a row fills them.</summary>
internal static class SliceTable
{
    /// <summary>
    /// Ground units in the CRS; <c>column</c>, <c>row</c>, <c>width</c>, <c>height</c> are the window's pixels on the mosaic's grid.
    /// <c>job_done</c> is FLAIR-1's and always 1: a window is listed when its tile is done. <c>batch</c> and <c>mean_confidence</c> are NULL
    /// where nothing was computed.
    /// </summary>
    public const string Columns = """
        id VARCHAR, output_id VARCHAR, job_done INTEGER,
        "left" DOUBLE, bottom DOUBLE, "right" DOUBLE, top DOUBLE,
        left_o DOUBLE, bottom_o DOUBLE, right_o DOUBLE, top_o DOUBLE,
        "column" INTEGER, "row" INTEGER, width INTEGER, height INTEGER,
        computed BOOLEAN, batch INTEGER, seconds DOUBLE, nodata_share DOUBLE, histogram BIGINT[], mean_confidence DOUBLE,
        bbox STRUCT(xmin DOUBLE, ymin DOUBLE, xmax DOUBLE, ymax DOUBLE), geometry BLOB
        """;

    /// <summary>Along the Hilbert curve by the windows' centres, whatever order they come in.</summary>
    public static IEnumerable<SliceRow> Sorted(IEnumerable<SliceRow> rows) => rows
        .OrderBy(row => Hilbert.Distance(Centre(row.Window.X, row.Window.Width), Centre(row.Window.Y, row.Window.Height)))
        .ThenBy(row => row.Tile, StringComparer.Ordinal)
        .ThenBy(row => row.Id, StringComparer.Ordinal);

    public static void Append(DuckAppender appender, SliceRow row) => appender.AppendRow(
        row.Id,
        row.Tile,
        1,
        row.Core.Left,
        row.Core.Bottom,
        row.Core.Right,
        row.Core.Top,
        row.TileBox.Left,
        row.TileBox.Bottom,
        row.TileBox.Right,
        row.TileBox.Top,
        row.Window.X,
        row.Window.Y,
        row.Window.Width,
        row.Window.Height,
        row.Computed,
        row.Batch < 0 ? null : row.Batch,
        row.Seconds,
        row.NodataShare,
        row.Histogram,
        double.IsNaN(row.MeanConfidence) ? null : row.MeanConfidence,
        BoundingBox(row.WindowBox),
        GeoParquet.Polygon(row.WindowBox));

    public static object?[] BoundingBox(GeoBox box) => [box.Left, box.Bottom, box.Right, box.Top];

    private static int Centre(int first, int length) => first + (length / 2);
}
