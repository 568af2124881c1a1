namespace Flair.Source;

/// <summary>
/// The one pixel grid that all tiles of a run share: a north-up grid of <paramref name="PixelWidth"/> × <paramref name="PixelHeight"/>
/// ground units, anchored so that pixel (0, 0) has its north-west corner at (<paramref name="AnchorX"/>, <paramref name="AnchorY"/>).
/// </summary>
/// <param name="CrsWkt">The coordinate reference system as WKT; empty when unknown.</param>
/// <param name="Epsg">Its EPSG code; 0 when it has none.</param>
/// <param name="AnchorX">Easting of the anchor: within one pixel of the CRS's origin.</param>
/// <param name="AnchorY">Northing of the anchor: within one pixel of the CRS's origin.</param>
/// <param name="PixelWidth">Width of a pixel in ground units; positive.</param>
/// <param name="PixelHeight">Height of a pixel in ground units; positive.</param>
public sealed record MosaicGrid(string CrsWkt, int Epsg, double AnchorX, double AnchorY, double PixelWidth, double PixelHeight)
{
    /// <summary>Pixels by which a raster may drift from the grid between its two edges.</summary>
    private const double MaxDrift = 0.01;

    /// <summary>Pixels by which a raster's corner may lie off the grid.</summary>
    private const double MaxOffset = 0.05;

    /// <summary>Columns and rows from the anchor that whole numbers can count, with room to go on from there.</summary>
    private const double Farthest = 1 << 29;

    /// <summary>Easting of the west edge of a column.</summary>
    public double Left(int column) => AnchorX + (column * PixelWidth);

    /// <summary>Northing of the north edge of a row.</summary>
    public double Top(int row) => AnchorY - (row * PixelHeight);

    /// <summary>The column that a place lies in, counted from the anchor: 0 at the west edge of column 0, 0.5 at its centre.</summary>
    public double Column(double x) => (x - AnchorX) / PixelWidth;

    /// <summary>The row that a place lies in, counted from the anchor: 0 at the north edge of row 0, 0.5 at its centre.</summary>
    public double Row(double y) => (AnchorY - y) / PixelHeight;

    /// <summary>
    /// GDAL's affine geotransform of a rectangle: origin x, pixel width, 0, origin y, 0, minus pixel height. The origin is rounded to some
    /// millionths of a pixel, so that a raster gets its own back: counting millions of pixels from the anchor leaves a few 1e-7.
    /// </summary>
    public double[] GeoTransform(GridRect rect) =>
        [Rounded(Left(rect.X), PixelWidth), PixelWidth, 0, Rounded(Top(rect.Y), PixelHeight), 0, -PixelHeight];

    /// <summary>
    /// The grid that a north-up raster lies on. The anchor depends on the phase of its corner alone, so that every raster of one
    /// regular tiling gives the same grid; noise in the pixel size and in the phase (below 1e-7 of the size, 1e-3 pixels) is taken off.
    /// </summary>
    /// <param name="crsWkt">Its CRS.</param>
    /// <param name="epsg">Its CRS's code.</param>
    /// <param name="geoTransform">Its geotransform.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="height">Its rows.</param>
    public static MosaicGrid Of(string crsWkt, int epsg, double[] geoTransform, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(geoTransform);
        double pixelWidth = SnapSize(geoTransform[1], width), pixelHeight = SnapSize(-geoTransform[5], height);
        return new MosaicGrid(crsWkt, epsg, Phase(geoTransform[0], pixelWidth), Phase(geoTransform[3], pixelHeight), pixelWidth, pixelHeight);
    }

    /// <summary>The pixels of a north-up raster on this grid; an empty rectangle and why when it lies on another.</summary>
    /// <param name="geoTransform">Its geotransform.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="problem">What is wrong; null when nothing is.</param>
    public GridRect Place(double[] geoTransform, int width, int height, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(geoTransform);
        if (Drift(geoTransform[1], PixelWidth, width) > MaxDrift || Drift(-geoTransform[5], PixelHeight, height) > MaxDrift)
        {
            problem = $"has pixels of {geoTransform[1]:R} x {-geoTransform[5]:R}, the others of {PixelWidth:R} x {PixelHeight:R}";
            return default;
        }

        double column = Column(geoTransform[0]), row = Row(geoTransform[3]);
        if (!(Math.Abs(column) < Farthest && Math.Abs(row) < Farthest))
        {
            problem = $"lies {column:G3} columns and {row:G3} rows from the origin of its CRS; its geotransform cannot be right";
            return default;
        }

        double offX = column - Math.Round(column), offY = row - Math.Round(row);
        if (Math.Abs(offX) > MaxOffset || Math.Abs(offY) > MaxOffset)
        {
            problem = $"lies off the others' pixel grid by {offX:0.###} columns and {offY:0.###} rows";
            return default;
        }

        problem = null;
        return new GridRect((int)Math.Round(column), (int)Math.Round(row), width, height);
    }

    private static double Rounded(double origin, double size) => Math.Round(origin, Math.Clamp(5 - (int)Math.Floor(Math.Log10(size)), 0, 15));

    private static double Drift(double size, double expected, int count) => Math.Abs(size - expected) / expected * count;

    private static double SnapSize(double size, int count)
    {
        for (int digits = 0; digits <= 5; digits++)
        {
            double round = Math.Round(size, digits);
            if (round > 0 && Math.Abs(round - size) <= 1e-7 * size && Drift(size, round, count) <= MaxDrift)
                return round;
        }

        return size;
    }

    private static double Phase(double origin, double size)
    {
        double share = origin / size;
        share = Math.Round(share - Math.Floor(share), 6);
        return share is < 1e-3 or > 1 - 1e-3 ? 0 : share * size;
    }
}
