using Flair.Gdal;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tests.Source;

public class MosaicTests
{
    [Fact]
    public void Tiles_run_from_north_west_to_south_east_with_unique_names()
    {
        using var scene = new Scene();
        scene.Write("x/b.tif", 50, 0, 50, 50);
        scene.Write("x/a.tif", 50, 50, 50, 50);
        scene.Write("y/a.tif", 0, 50, 50, 50);
        scene.Write("y/c.tif", 0, 0, 50, 50);
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene.Folder));
        Assert.Equal(["c", "b", "a", "a_2"], mosaic.Tiles.Select(tile => tile.Name));
        Assert.Equal(scene["x/a.tif"], mosaic.Tiles[3].PrimaryFile);
        Assert.Equal(2154, mosaic.Grid.Epsg);
        Assert.Equal((0.2, 0.2, 0.0, 0.0), (mosaic.Grid.PixelWidth, mosaic.Grid.PixelHeight, mosaic.Grid.AnchorX, mosaic.Grid.AnchorY));
        Assert.Equal(new GridRect(2050000, -32125000, 100, 100), mosaic.Bounds);
        Assert.Equal(mosaic.Tiles.Sum(tile => new FileInfo(tile.PrimaryFile).Length), mosaic.BytesToRead);
    }

    [Fact]
    public void Float_noise_in_sizes_and_corners_is_taken_off()
    {
        double[] noisy = [770549.800000000046566, 0.199999999999630, 0, 6277600.200000000186265, 0, -0.200000000001478];
        var grid = MosaicGrid.Of("", 0, noisy, 252, 252);
        Assert.Equal(new MosaicGrid("", 0, 0, 0, 0.2, 0.2), grid);
        var rect = grid.Place(noisy, 252, 252, out var problem);
        Assert.Null(problem);
        Assert.Equal(new GridRect(3852749, -31388001, 252, 252), rect);
        Assert.Equal(770549.8, grid.Left(rect.X), 9);
        Assert.Equal(6277600.2, grid.Top(rect.Y), 9);
    }

    [Fact]
    public void A_half_pixel_phase_and_tall_pixels_are_kept()
    {
        var grid = MosaicGrid.Of("", 0, [770549.75, 0.5, 0, 6277600.25, 0, -0.199716599190585], 100, 247);
        Assert.Equal((0.25, 0.5, 0.199716599190585), (grid.AnchorX, grid.PixelWidth, grid.PixelHeight));
        var rect = grid.Place([770599.75, 0.5, 0, 6277600.25, 0, -0.199716599190585], 100, 247, out _);
        Assert.Equal(770599.75, grid.Left(rect.X), 9);
        Assert.Equal(6277600.25, grid.Top(rect.Y), 6);
    }

    [Fact]
    public void A_dalle_delivered_twice_is_used_once_and_said()
    {
        using var scene = new Scene();
        scene.Write("D33/33-2021-0410-6425-LA93-0M20-E080.tif", 0, 0, 50, 50);
        scene.Write("D40/40-2024-0410-6425-LA93-0M20-E080.tif", 0, 0, 50, 50);
        scene.Write("D64/64-2023-0410-6425-LA93-0M20-E080.tif", 0, 0, 50, 50);
        var tile = Assert.Single(scene.Open(Scene.Product("rvb", [1], scene.Folder)).Tiles);
        Assert.Equal(("40-2024-0410-6425-LA93-0M20-E080", 2024), (tile.Name, tile.Year));
        Assert.Equal(2, scene.Notices.Count);
        Assert.Contains("33-2021-0410-6425-LA93-0M20-E080.tif", scene.Notices[1], StringComparison.Ordinal);
        Assert.Contains("40-2024", scene.Notices[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_years_the_last_written_is_used_then_the_first_by_name()
    {
        using var scene = new Scene();
        var time = new DateTime(2024, 5, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var (name, hours) in new[] { ("a", 0), ("b", 2), ("c", 2) })
            File.SetLastWriteTimeUtc(scene.Write($"{name}.tif", 0, 0, 50, 50), time.AddHours(hours));
        Assert.Equal("b", Assert.Single(scene.Open(Scene.Product("rvb", [1], scene.Folder)).Tiles).Name);
    }

    [Fact]
    public void The_name_tells_place_and_reference_system_where_the_file_does_not()
    {
        using var scene = new Scene();
        scene.Write("33-2024-0410-6425-LA93-5M00-E080.tif", 0, 0, 1000, 1000, new Scene.Options { Bands = 1, HasGeoTransform = false, Crs = "" });
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene.Folder));
        Assert.Equal((2154, 410000.0, 6425000.0), (mosaic.Grid.Epsg, mosaic.Grid.Left(mosaic.Bounds.X), mosaic.Grid.Top(mosaic.Bounds.Y)));
    }

    [Fact]
    public void The_settings_tell_the_reference_system_where_nothing_else_does()
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 50, 50, new Scene.Options { Crs = "" });
        Assert.Contains("set crs", Error(scene, Scene.Product("rvb", [1], scene.Folder)), StringComparison.Ordinal);
        Assert.Equal(2975, scene.Open(settings => settings with { Crs = "EPSG:2975" }, Scene.Product("rvb", [1], scene.Folder)).Grid.Epsg);
        var fault = Assert.Throws<FlairException>(() => scene.Open(settings => settings with { Crs = "Mars" }, Scene.Product("rvb", [1], scene.Folder)));
        Assert.StartsWith("crs: Mars is not", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_does_not_belong_is_named_in_one_line()
    {
        using var scene = new Scene();
        scene.Write("rvb/a.tif", 0, 0, 50, 50);
        scene.Write("rvb/b.tif", 50, 0, 50, 50);
        scene.Write("rvb/bands.tif", 100, 0, 50, 50, new Scene.Options { Bands = 4 });
        scene.Write("rvb/crs.tif", 150, 0, 50, 50, new Scene.Options { Crs = "EPSG:32631" });
        scene.Write("rvb/deep.tif", 200, 0, 50, 50, new Scene.Options { Type = GdalType.UInt16 });
        scene.Write("rvb/fine.tif", 250, 0, 50, 50, new Scene.Options { Pixel = 0.15, Left = Scene.West + 50 });
        scene.Write("rvb/off.tif", 300, 0, 50, 50, new Scene.Options { Left = Scene.West + 0.1 });
        File.WriteAllText(scene["rvb/torn.tif"], "II*");
        scene.Write("irc/a.tif", 0, 0, 50, 50);
        var message = Error(scene, Scene.Product("rvb", [1, 2, 3], scene["rvb"]), Scene.Product("irc", [1], scene["irc"]));
        Assert.DoesNotContain('\n', message);
        Assert.StartsWith("the inputs cannot be mapped, 7 problems: ", message, StringComparison.Ordinal);
        foreach (var part in new[]
        {
            "bands.tif has 4 bands, the others of rvb have 3", "crs.tif is in EPSG:32631, the others in EPSG:2154", "deep.tif is UInt16, the others of rvb are Byte",
            "fine.tif has pixels of 0.15 x 0.15, the others of 0.2 x 0.2", "off.tif lies off the others' pixel grid by 0.5 columns", "not a raster that can be read: ", "torn.tif",
            "b.tif has no irc: no raster of it covers this place",
        })
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_raster_that_cannot_be_opened_costs_its_own_tile_alone()
    {
        using var scene = new Scene();
        foreach (var product in new[] { "rvb", "irc" })
        {
            foreach (var (name, column) in new[] { ("a", 0), ("b", 50), ("33-2024-0410-6425-LA93-0M20-E080", 100), ("d", 150) })
                scene.Write($"{product}/{name}.tif", column, 0, 50, 50);
        }

        File.WriteAllText(scene["rvb/a.tif"], "II*");
        File.WriteAllText(scene["rvb/33-2024-0410-6425-LA93-0M20-E080.tif"], "");
        File.WriteAllText(scene["irc/b.tif"], "no raster");
        var (rvb, irc) = (Scene.Product("rvb", [1], scene["rvb"]), Scene.Product("irc", [1], scene["irc"]));
        var mosaic = scene.Open(rvb, irc);
        Assert.Equal("d", Assert.Single(mosaic.Tiles).Name);
        Assert.Equal(
            [
                ("33-2024-0410-6425-LA93-0M20-E080", new GridRect(2050000, -32125000, 50, 50), "rvb/33-2024-0410-6425-LA93-0M20-E080.tif"),
                ("a", null, "rvb/a.tif"),
                ("b", new GridRect(2050050, -32125000, 50, 50), "irc/b.tif"),
            ],
            mosaic.Unreadable.Select(tile => (tile.Name, tile.Rect, Path.GetRelativePath(scene.Folder, tile.File))));
        Assert.All(mosaic.Unreadable, tile => Assert.Contains(tile.File, tile.Error, StringComparison.Ordinal));
        Assert.Contains("is empty", mosaic.Unreadable[0].Error, StringComparison.Ordinal);
        Assert.Contains("3 of 4 tiles", Assert.Single(scene.Notices), StringComparison.Ordinal);

        // A file that is named must be there, and so must one whose tile nobody can tell.
        Assert.Contains("a.tif", Error(scene, Scene.Product("rvb", [1], scene["rvb/a.tif"], scene["rvb/d.tif"])), StringComparison.Ordinal);
        File.Move(scene["irc/b.tif"], scene["irc/unknown.tif"]);
        Assert.Contains("unknown.tif", Error(scene, rvb, irc), StringComparison.Ordinal);
        File.WriteAllText(scene["rvb/b.tif"], "");
        File.WriteAllText(scene["rvb/d.tif"], "");
        Assert.Contains("d.tif is empty", Error(scene, rvb), StringComparison.Ordinal);
    }

    [Fact]
    public void An_elevation_raster_that_cannot_be_opened_costs_the_tiles_that_lack_it()
    {
        using var scene = new Scene();
        foreach (var (name, column) in new[] { ("a", 0), ("b", 50) })
        {
            scene.Write($"rvb/{name}.tif", column, 0, 50, 50, new Scene.Options { Bands = 1 });
            scene.Write($"mns/{name}.tif", column, 0, 50, 50, new Scene.Options { Bands = 1, Type = GdalType.Float32 });
        }

        File.WriteAllText(scene["mns/b.tif"], "no raster");
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene["rvb"]), Scene.Height([scene["mns"]], []));
        Assert.Equal("a", Assert.Single(mosaic.Tiles).Name);
        var lost = Assert.Single(mosaic.Unreadable);
        Assert.Equal(("b", new GridRect(2050050, -32125000, 50, 50), scene["mns/b.tif"]), (lost.Name, lost.Rect, lost.File));
        Assert.Contains("height.surface does not cover the tile", lost.Error, StringComparison.Ordinal);
        Assert.Contains("mns/b.tif", lost.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_quarantine_keeps_its_place_and_is_not_decoded()
    {
        using var scene = new Scene();
        foreach (var (name, column) in new[] { ("a", 0), ("b", 50) })
            scene.Write($"rvb/{name}.tif", column, 0, 50, 50);
        var settings = new RunSettings
        {
            Output = scene["out"],
            Inputs = [Scene.Product("rvb", [1], scene["rvb"])],
            Model = new ModelSettings { Architecture = "resnet18_unet", Weights = "formula" },
        };
        var quarantine = Quarantine.Load(scene["none"], [new DecodeVerdict(scene["rvb/b.tif"], true, "crashes")], "1", 7, DateTime.UtcNow);
        var mosaic = Mosaic.Open(settings, quarantine, scene.Notices.Add);
        var (a, b) = (mosaic.Tiles[0], mosaic.Tiles[1]);
        Assert.Null(mosaic.HeldBack(a));
        Assert.Equal("crashes", mosaic.HeldBack(b)!.Error);
        Assert.Equal([false, true], mosaic.Fingerprints(mosaic.Bounds).Select(input => input.Bytes == -1));
        Assert.DoesNotContain(mosaic.Fingerprints(mosaic.Bounds, asRead: false), input => input.Bytes == -1);

        using var reader = new AreaReader(mosaic, mosaic.Bounds, new ReadOptions(1));
        using var strip = await reader.ReadAsync(0, CancellationToken.None);
        Assert.Equal((scene["rvb/b.tif"], "crashes", b.Rect), (strip.Failures[0].Path, strip.Failures[0].Message, strip.Failures[0].Area));
        Assert.Single(strip.Failures);
        Assert.Equal(1, reader.FilesOpened);
    }

    [Fact]
    public void More_than_ten_problems_are_counted()
    {
        using var scene = new Scene();
        for (int i = 0; i < 14; i++)
            scene.Write($"a{i:00}.tif", 50 * i, 0, 50, 50, new Scene.Options { Bands = 1 });
        var message = Error(scene, Scene.Product("rvb", [1, 2], scene.Folder));
        Assert.Contains("14 problems", message, StringComparison.Ordinal);
        Assert.Contains("a09.tif has 1 band, numbered from 1; rvb asks for band 2", message, StringComparison.Ordinal);
        Assert.DoesNotContain("a10.tif", message, StringComparison.Ordinal);
        Assert.EndsWith("and 4 more", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("33-2024-0410-6425-RGR92UTM40S-0M20-E080.tif", "is in EPSG:2154 by its header and in EPSG:2975 by its name")]
    [InlineData("33-2024-0410-6425-LA93-0M50-E080.tif", "has pixels of 0.2 m by its header and of 0.5 m by its name")]
    public void A_name_that_contradicts_the_file_is_an_error(string name, string expected)
    {
        using var scene = new Scene();
        scene.Write(name, 0, 0, 50, 50);
        Assert.Contains(expected, Error(scene, Scene.Product("rvb", [1], scene.Folder)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dalle_that_lies_elsewhere_is_an_error()
    {
        using var scene = new Scene();
        scene.Write("33-2024-0411-6425-LA93-5M00-E080.tif", 0, 0, 1000, 1000, new Scene.Options { Bands = 1, Pixel = 5 });
        Assert.Contains("has its north-west corner at 410000, 6425000 by its header and at 411000, 6425000 by its name", Error(scene, Scene.Product("rvb", [1], scene.Folder)), StringComparison.Ordinal);
    }

    [Fact]
    public void Elevation_that_misses_a_tile_is_named_and_a_gap_is_told()
    {
        using var scene = new Scene();
        scene.Write("rvb/a.tif", 0, 0, 100, 100);
        scene.Write("rvb/b.tif", 100, 0, 100, 100);
        var metres = new Scene.Options { Bands = 1, Pixel = 0.5, Type = GdalType.Float32, Value = (_, _, _) => 10 };
        scene.Write("mns.tif", 0, 0, 40, 40, metres);
        scene.Write("narrow.tif", 0, 0, 60, 40, metres);
        scene.Write("wide.tif", -4, -4, 88, 48, metres);
        Assert.Contains("b.tif has no height.surface", Error(scene, Scene.Product("rvb", [1], scene["rvb"]), Scene.Height([scene["mns.tif"]], [])), StringComparison.Ordinal);
        scene.Open(Scene.Product("rvb", [1], scene["rvb"]), Scene.Height([scene["wide.tif"]], [scene["wide.tif"]]));
        Assert.Empty(scene.Notices);
        scene.Open(Scene.Product("rvb", [1], scene["rvb"]), Scene.Height([scene["narrow.tif"]], []));
        Assert.Contains("height.surface covers 1 of 2 tiles only in part", Assert.Single(scene.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Fingerprints_name_what_an_area_reads()
    {
        using var scene = new Scene();
        scene.Write("rvb/a.tif", 0, 0, 100, 100);
        scene.Write("rvb/b.tif", 100, 0, 100, 100);
        scene.Write("mns.tif", 0, 0, 100, 50, new Scene.Options { Bands = 1, Pixel = 0.5, Type = GdalType.Float32 });
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene["rvb"]), Scene.Height([scene["mns.tif"]], []));
        var prints = mosaic.Fingerprints(mosaic.Tiles[0].Rect);
        Assert.Equal([scene["mns.tif"], scene["rvb/a.tif"]], prints.Select(print => print.Path));
        Assert.Equal(new FileInfo(scene["mns.tif"]).Length, prints[0].Bytes);
        Assert.Equal(File.GetLastWriteTimeUtc(scene["mns.tif"]).Ticks, prints[0].Modified);
        Assert.Equal(3, mosaic.Fingerprints(mosaic.Tiles[0].Rect.Inflate(1)).Count);
    }

    [Fact]
    public void A_VRT_is_fingerprinted_with_its_sources()
    {
        using var scene = new Scene();
        scene.Write("sub/a.tif", 0, 0, 50, 50);
        File.WriteAllText(scene["all.vrt"], """
            <VRTDataset rasterXSize="50" rasterYSize="50"><SRS>EPSG:2154</SRS><GeoTransform>410000, 0.2, 0, 6425000, 0, -0.2</GeoTransform>
            <VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename relativeToVRT="1">sub/a.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>
            """);
        var mosaic = scene.Open(Scene.Product("rvb", [1], scene["all.vrt"]));
        Assert.Equal([scene["all.vrt"], scene["sub/a.tif"]], mosaic.Fingerprints(mosaic.Bounds).Select(print => print.Path));
    }

    private static string Error(Scene scene, params ProductSettings[] inputs) => Assert.Throws<FlairException>(() => scene.Open(inputs)).Message;
}
