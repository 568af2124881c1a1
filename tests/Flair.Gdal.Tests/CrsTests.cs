namespace Flair.Gdal.Tests;

public sealed class CrsTests
{
    /// <summary>What IGN's ortho tiles of the shared images carry: a name, and a datum lost on the way.</summary>
    private const string Unretrievable = """
        PROJCS["EPSG:2154",GEOGCS["unknown",DATUM["unnamed",SPHEROID["unretrievable - using WGS84",6378137,298.257223563]],
        PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic_2SP"],
        PARAMETER["latitude_of_origin",46.5],PARAMETER["central_meridian",3],PARAMETER["standard_parallel_1",49],
        PARAMETER["standard_parallel_2",44],PARAMETER["false_easting",700000],PARAMETER["false_northing",6600000],UNIT["metre",1]]
        """;

    [Theory]
    [InlineData(2154)]
    [InlineData(2972)]
    [InlineData(2975)]
    [InlineData(4467)]
    [InlineData(4471)]
    [InlineData(5490)]
    [InlineData(4326)]
    public void The_codes_of_French_orthophotos_round_trip(int code)
    {
        var wkt = Crs.WktFromEpsg(code);
        Assert.NotNull(wkt);
        Assert.Equal(code, Crs.Epsg(wkt));
        Assert.Contains($"\"{code}\"", wkt, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crs_named_after_its_code_has_that_code() => Assert.Equal(2154, Crs.Epsg(Unretrievable));

    [Fact]
    public void A_name_is_not_believed_when_the_projection_is_another()
    {
        var lies = Unretrievable.Replace("\"central_meridian\",3", "\"central_meridian\",4", StringComparison.Ordinal);
        Assert.Equal(0, Crs.Epsg(lies));
        Assert.False(Crs.Same(lies, Crs.WktFromEpsg(2154)!));
    }

    [Fact]
    public void Parameters_without_code_or_name_are_recognised()
    {
        Assert.Equal(32631, Crs.Epsg(Crs.Wkt("+proj=utm +zone=31 +datum=WGS84 +units=m +no_defs")));
    }

    [Fact]
    public void Same_crs_under_two_spellings()
    {
        Assert.True(Crs.Same(Unretrievable, Crs.WktFromEpsg(2154)!));
        Assert.False(Crs.Same(Crs.WktFromEpsg(2154)!, Crs.WktFromEpsg(2975)!));
        Assert.False(Crs.Same("", ""));
        Assert.Equal(0, Crs.Epsg(""));
    }

    [Fact]
    public void Unknown_codes_and_nonsense()
    {
        Assert.Null(Crs.WktFromEpsg(1));
        var error = Assert.Throws<GdalException>(() => Crs.Wkt("nonsense"));
        Assert.Contains("nonsense", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_forms()
    {
        var wkt = Crs.WktFromEpsg(2154)!;
        Assert.StartsWith("{", Crs.ToProjJson(wkt), StringComparison.Ordinal);
        Assert.Contains("\"code\":2154", Crs.ToProjJson(wkt).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.StartsWith("+proj=lcc", Crs.ToProj4(wkt), StringComparison.Ordinal);
        Assert.Contains("Lambert-93", Crs.Name(wkt), StringComparison.Ordinal);
    }

    [Fact]
    public void Points_go_to_longitude_and_latitude_in_that_order()
    {
        // Lambert-93's origin by definition: 3° E, 46.5° N at (700000, 6600000).
        double[] x = [700000], y = [6600000];
        Crs.Transform(Crs.WktFromEpsg(2154)!, "EPSG:4326", x, y);
        Assert.Equal(3, x[0], 1e-8);
        Assert.Equal(46.5, y[0], 1e-8);
    }

    [RealFact]
    public void Real_files()
    {
        foreach (var file in Directory.GetFiles(RealFactAttribute.Folder!, "*.tif").Where(f => f.Contains("_rgb", StringComparison.Ordinal) || f.Contains("_irc", StringComparison.Ordinal) || f.Contains("_50cm", StringComparison.Ordinal)))
        {
            using var raster = Raster.Open(file);
            Assert.True(2154 == Crs.Epsg(raster.CrsWkt) || file.Contains("naip", StringComparison.Ordinal), $"{file}: {raster.CrsWkt}");
        }
    }
}
