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
    /// <summary>Easting of the west edge of a column.</summary>
    public double Left(int column) => AnchorX + (column * PixelWidth);

    /// <summary>Northing of the north edge of a row.</summary>
    public double Top(int row) => AnchorY - (row * PixelHeight);

    /// <summary>GDAL's affine geotransform of a rectangle: origin x, pixel width, 0, origin y, 0, minus pixel height.</summary>
    public double[] GeoTransform(GridRect rect) => [Left(rect.X), PixelWidth, 0, Top(rect.Y), 0, -PixelHeight];
}
