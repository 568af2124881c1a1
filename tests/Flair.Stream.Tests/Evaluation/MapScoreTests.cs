using Flair.Evaluation;
using Flair.Gdal;
using Flair.Indexing;
using Flair.Nomenclatures;
using Flair.Source;

namespace Flair.Tests.Evaluation;

public sealed class MapScoreTests
{
    private static readonly Nomenclature s_classes = new("three", [new(0, "one", 0), new(1, "two", 1), new(2, "never", 2, Active: false)]);
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public void A_map_is_compared_where_labels_lie()
    {
        var map = Write("map.tif", 0, 0, 4, [0, 0, 1, 255, 1, 1, 1, 1, 0, 0, 0, 0]);

        // Two columns east and one row south of the map's corner; two of its columns hang over. 9 and 0 are no classes, 3 is not learned.
        Write("truth/a.tif", 2, 1, 4, [2, 1, 1, 1, 1, 9, 1, 1, 3, 3, 3, 3]);
        Write("truth/b.tif", 2, 0, 2, [2, 2]);
        Write("truth/far.tif", 1000, 0, 2, [1, 1]);

        var result = Score(map);

        // [truth, map]: one → one 1 and → two 1; two → two 2; what the map leaves empty is left out.
        Assert.Equal([1, 1, 0, 0, 2, 0, 0, 0, 0], result.Matrix.ToArray());
        Assert.Equal((1L, 1L), (result.Matrix.OutsideTruth, result.Matrix.OutsidePrediction));
        Assert.Equal((2, 1, 2), (result.Rasters, result.Beside, result.ClassesPresent));
        Assert.Equal(100 * ((0.5 + (2 / 3.0)) / 2), result.Metrics.MeanIouOfPresent, 1e-9);
        Assert.Equal(75, result.Metrics.OverallAccuracy);
    }

    [Fact]
    public void Labels_may_start_at_zero()
    {
        var map = Write("map.tif", 0, 0, 2, [0, 1]);
        Write("truth/a.tif", 0, 0, 2, [0, 1]);

        Assert.Equal(100, Score(map, startsAtOne: false).Metrics.OverallAccuracy);
        Assert.Equal(0, Score(map).Metrics.OverallAccuracy);
    }

    [Fact]
    public void A_directory_tells_its_classes()
    {
        var output = Path.Combine(_folder, "out");
        new IndexDescription(new MosaicGrid("", 0, 0, 0, 0.2, 0.2), s_classes, null).Save(new IndexLayout(output));
        Write("truth/a.tif", 0, 0, 2, [1, 2]);
        var options = new MapScoreOptions { Map = output, Truth = Path.Combine(_folder, "truth") };
        Assert.Contains("has no map.vrt", Assert.Throws<FlairException>(() => MapScore.Run(options)).Message, StringComparison.Ordinal);

        // GDAL tells formats apart by their content.
        File.Move(Write("map.tif", 0, 0, 2, [0, 0]), Path.Combine(output, "map.vrt"));

        var result = MapScore.Run(options);
        Assert.Equal(("three", 50), (result.Classes.Name, result.Metrics.OverallAccuracy));
    }

    [Theory]
    [InlineData(0.5, 0.2, "lies off the others' pixel grid")]
    [InlineData(0, 0.25, "has pixels of 0.25 x 0.25, the others of 0.2 x 0.2")]
    public void Labels_on_another_grid_are_refused(double offset, double pixel, string why)
    {
        var map = Write("map.tif", 0, 0, 2, [0, 1]);
        Write("truth/a.tif", offset, 0, 2, [1, 2], pixel);

        var error = Assert.Throws<FlairException>(() => Score(map));

        Assert.Contains("a.tif", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_that_lie_twice_are_refused()
    {
        var map = Write("map.tif", 0, 0, 2, [0, 1]);
        Write("truth/a.tif", 0, 0, 2, [1, 2]);
        Write("truth/b.tif", 1, 0, 2, [1, 2]);
        Assert.Contains("overlaps", Assert.Throws<FlairException>(() => Score(map)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_another_place_or_system_are_refused()
    {
        var map = Write("map.tif", 0, 0, 2, [0, 1]);
        Write("truth/a.tif", 500, 0, 2, [1, 2]);
        Assert.Contains("none of its 1 rasters overlaps", Assert.Throws<FlairException>(() => Score(map)).Message, StringComparison.Ordinal);
        Write("truth/a.tif", 0, 0, 2, [1, 2], crs: "EPSG:32631");
        Assert.Contains("warp one to the other's grid", Assert.Throws<FlairException>(() => Score(map)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_without_a_class_are_not_a_score()
    {
        var map = Write("map.tif", 0, 0, 2, [0, 1]);
        Write("truth/a.tif", 0, 0, 2, [0, 0]);
        Assert.Contains("check --truth-starts-at", Assert.Throws<FlairException>(() => Score(map)).Message, StringComparison.Ordinal);
    }

    private MapScoreResult Score(string map, bool startsAtOne = true) =>
        MapScore.Run(new() { Map = map, Truth = Path.Combine(_folder, "truth"), TruthStartsAtOne = startsAtOne, Classes = s_classes });

    private string Write(string name, double column, int row, int width, byte[] values, double pixel = 0.2, string crs = "EPSG:2154")
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var raster = Raster.Create("GTiff", path, width, values.Length / width, 1, GdalType.Byte);
        raster.SetCrs(crs);
        raster.SetGeoTransform([900000 + (column * 0.2), pixel, 0, 6500000 - (row * 0.2), 0, -pixel]);
        raster.Write<byte>(0, 0, width, values.Length / width, [1], values);
        raster.Close();
        return path;
    }
}
