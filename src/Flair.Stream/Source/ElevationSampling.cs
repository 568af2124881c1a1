namespace Flair.Source;

/// <summary>
/// Where the centres of the mosaic's pixels fall on an elevation grid. A position is counted in elevation pixels between centres:
/// position 3.25 lies a quarter of the way from the centre of column 3 to that of column 4. It depends on the column's absolute number
/// alone, so that it is the same however the mosaic is cut.
/// </summary>
internal static class ElevationSampling
{
    /// <summary>Ground units (metres) beyond the coverage's edge over which the edge's value holds.</summary>
    private const double ReachOnGround = 5;

    private const int LeastReach = 2;
    private const int MostReach = 64;

    /// <summary>Elevation pixels beyond the coverage's edge over which the edge's value holds.</summary>
    public static int Reach(MosaicGrid elevation) =>
        (int)Math.Clamp(Math.Ceiling(ReachOnGround / Math.Max(elevation.PixelWidth, elevation.PixelHeight)), LeastReach, MostReach);

    /// <summary>The position of a column's centre.</summary>
    public static double Column(MosaicGrid mosaic, MosaicGrid elevation, int column) =>
        elevation.Column(mosaic.Left(column) + (0.5 * mosaic.PixelWidth)) - 0.5;

    /// <summary>The position of a row's centre.</summary>
    public static double Row(MosaicGrid mosaic, MosaicGrid elevation, int row) =>
        elevation.Row(mosaic.Top(row) - (0.5 * mosaic.PixelHeight)) - 0.5;

    /// <summary>The elevation pixels that bilinear samples at a rectangle's pixels read, without the reach.</summary>
    public static GridRect Needed(MosaicGrid mosaic, MosaicGrid elevation, GridRect rect)
    {
        int left = Floor(Column(mosaic, elevation, rect.X)), right = Floor(Column(mosaic, elevation, rect.Right - 1)) + 2;
        int top = Floor(Row(mosaic, elevation, rect.Y)), bottom = Floor(Row(mosaic, elevation, rect.Bottom - 1)) + 2;
        return new GridRect(left, top, right - left, bottom - top);
    }

    /// <summary>The elevation pixels that may be read for a rectangle, with the reach.</summary>
    public static GridRect Area(MosaicGrid mosaic, MosaicGrid elevation, GridRect rect) =>
        rect.IsEmpty ? default : Needed(mosaic, elevation, rect).Inflate(Reach(elevation));

    /// <summary>The elevation pixels that lie on a rectangle.</summary>
    public static GridRect Extent(MosaicGrid mosaic, MosaicGrid elevation, GridRect rect)
    {
        int left = Round(elevation.Column(mosaic.Left(rect.X))), right = Round(elevation.Column(mosaic.Left(rect.Right)));
        int top = Round(elevation.Row(mosaic.Top(rect.Y))), bottom = Round(elevation.Row(mosaic.Top(rect.Bottom)));
        return new GridRect(left, top, Math.Max(1, right - left), Math.Max(1, bottom - top));
    }

    /// <summary>The mosaic's pixels that samples of an elevation rectangle may have touched.</summary>
    public static GridRect Touched(MosaicGrid mosaic, MosaicGrid elevation, GridRect rect)
    {
        int left = Floor(mosaic.Column(elevation.Left(rect.X - 1))), right = Floor(mosaic.Column(elevation.Left(rect.Right + 1))) + 1;
        int top = Floor(mosaic.Row(elevation.Top(rect.Y - 1))), bottom = Floor(mosaic.Row(elevation.Top(rect.Bottom + 1))) + 1;
        return new GridRect(left, top, right - left, bottom - top);
    }

    private static int Floor(double value) => (int)Math.Floor(value);

    private static int Round(double value) => (int)Math.Round(value);
}
