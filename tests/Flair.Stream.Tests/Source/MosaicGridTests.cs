using Flair.Source;

namespace Flair.Tests.Source;

public sealed class MosaicGridTests
{
    [Theory]
    [InlineData(770550, 0.2, 6277600, 0.1997)]
    [InlineData(900123.4, 0.2, 6255678.9, 0.2)]
    [InlineData(5.7, 2.5e-6, 45.1, 2.5e-6)]
    public void A_raster_gets_its_own_geotransform_back(double left, double width, double top, double height)
    {
        double[] own = [left, width, 0, top, 0, -height];
        var grid = MosaicGrid.Of("", 0, own, 600, 500);
        var rect = grid.Place(own, 600, 500, out var problem);
        Assert.Null(problem);
        Assert.Equal(own, grid.GeoTransform(rect));
    }
}
