using System.Text.Json;
using System.Xml.Linq;
using Flair.Gdal;
using Flair.Settings;
using Flair.Source;
using Flair.Tiles;
using Flair.Windowing;

namespace Flair.Tests.Tiles;

public sealed class MapProductsTests : IDisposable
{
    private static readonly GridRect West = new(3_500_000, -33_000_000, 700, 600);
    private static readonly GridRect East = new(3_500_700, -32_999_900, 500, 600);
    private readonly TileFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_VRT_shows_every_tile_where_it_lies()
    {
        var (west, westCodes) = _folder.Write("west", West);
        var (east, eastCodes) = _folder.Write("a east", East);
        Assert.Equal("map.vrt", MapVrt.Write(_folder.Map(west, east)));

        using var map = Raster.Open(_folder.At("map.vrt"));
        Assert.Equal((1200, 700), (map.Width, map.Height));
        Assert.Equal([700000, 0.2, 0, 6600000, 0, -0.2], map.GeoTransform!);
        Assert.Equal(2154, Crs.Epsg(map.CrsWkt));
        Assert.Equal(255, map.Nodata(1));
        Assert.Equal(["building", "pervious surface", "é & <water>"], map.CategoryNames(1));
        Assert.Equal((0xDB, 0x0E, 0x9A), (map.ColorTable(1)[0].R, map.ColorTable(1)[0].G, map.ColorTable(1)[0].B));
        Assert.Equal(westCodes, Read(map, 0, 0, 700, 600));
        Assert.Equal(eastCodes, Read(map, 700, 100, 500, 600));
        Assert.All(Read(map, 700, 0, 500, 100), code => Assert.Equal(255, code));
    }

    [Fact]
    public void The_output_folder_can_be_moved()
    {
        var (west, _) = _folder.Write("west", West);
        MapVrt.Write(_folder.Map(west));
        var moved = _folder.Output + "-moved";
        Directory.Move(_folder.Output, moved);
        using (var map = Raster.Open(Path.Combine(moved, "map.vrt")))
            Assert.Contains((byte)2, Read(map, 0, 0, 700, 600));
        Directory.Move(moved, _folder.Output);
    }

    [Fact]
    public void GDAL_finds_the_class_names_of_a_tile_beside_it()
    {
        _folder.Write("west", West);
        var pam = XDocument.Load(_folder.At("west.tif.aux.xml"));
        Assert.Equal(["building", "pervious surface", "é & <water>"], pam.Descendants("Category").Select(name => name.Value));
    }

    [Fact]
    public void The_style_names_and_colours_every_class()
    {
        var document = XDocument.Parse(QgisStyle.Xml(TileFolder.Three));
        var entries = document.Descendants("paletteEntry").ToList();
        Assert.Equal(["0", "1", "2"], entries.Select(entry => entry.Attribute("value")!.Value));
        Assert.Equal("#1553ae", entries[2].Attribute("color")!.Value);
        Assert.Equal("é & <water>", entries[2].Attribute("label")!.Value);
        Assert.Equal("paletted", document.Descendants("rasterrenderer").Single().Attribute("type")!.Value);
    }

    [Fact]
    public void Every_tile_is_a_STAC_item()
    {
        var (west, _) = _folder.Write("west", West, year: 2024);
        var (east, _) = _folder.Write("a east", East);
        StacItems.Write(_folder.Map(west, east));

        using var document = JsonDocument.Parse(File.ReadAllBytes(_folder.At("stac-items.json")));
        var items = document.RootElement.GetProperty("features").EnumerateArray().ToList();
        Assert.Equal(["a east", "west"], items.Select(item => item.GetProperty("id").GetString()));
        foreach (var item in items)
        {
            Assert.Equal("Feature", item.GetProperty("type").GetString());
            Assert.Equal("1.0.0", item.GetProperty("stac_version").GetString());
            Assert.Equal(JsonValueKind.Array, item.GetProperty("links").ValueKind);
            Assert.Equal(4, item.GetProperty("bbox").GetArrayLength());
            Assert.Equal(2154, item.GetProperty("properties").GetProperty("proj:epsg").GetInt32());
        }

        var first = items[1];
        Assert.Equal("2024-01-01T00:00:00Z", first.GetProperty("properties").GetProperty("datetime").GetString());
        Assert.Equal(JsonValueKind.Null, items[0].GetProperty("properties").GetProperty("datetime").ValueKind);
        Assert.Equal(JsonValueKind.String, items[0].GetProperty("properties").GetProperty("start_datetime").ValueKind);
        var corner = first.GetProperty("geometry").GetProperty("coordinates")[0][3];
        Assert.Equal(3, corner[0].GetDouble(), 1e-7);
        Assert.Equal(46.5, corner[1].GetDouble(), 1e-7);
        Assert.Equal([600, 700], first.GetProperty("properties").GetProperty("proj:shape").EnumerateArray().Select(value => value.GetInt32()));
        var asset = first.GetProperty("assets").GetProperty("classes");
        Assert.Equal("./west.tif", asset.GetProperty("href").GetString());
        Assert.Equal("1220" + west.Files[0].Sha256, asset.GetProperty("file:checksum").GetString());
        var classes = asset.GetProperty("classification:classes").EnumerateArray().ToList();
        Assert.Equal(4, classes.Count);
        Assert.All(classes, entry => Assert.Matches("^[A-Za-z0-9_-]+$", entry.GetProperty("name").GetString()));
        Assert.Equal("DB0E9A", classes[0].GetProperty("color_hint").GetString());
    }

    [Fact]
    public void A_map_without_CRS_has_items_without_footprint()
    {
        var (west, _) = _folder.Write("west", West);
        var map = _folder.Map(west);
        StacItems.Write(map with { Grid = map.Grid with { CrsWkt = "", Epsg = 0 } });
        using var document = JsonDocument.Parse(File.ReadAllBytes(_folder.At("stac-items.json")));
        var item = document.RootElement.GetProperty("features")[0];
        Assert.Equal(JsonValueKind.Null, item.GetProperty("geometry").ValueKind);
        Assert.False(item.TryGetProperty("bbox", out _));
    }

    [Fact]
    public void All_products_are_the_same_bytes_in_any_order_of_tiles()
    {
        var (west, _) = _folder.Write("west", West);
        var (east, _) = _folder.Write("a east", East);
        var products = MapProducts.Write(_folder.Map(west, east with { Image = _folder.At("west.tif") }));
        Assert.Equal(["map.vrt", "map.qml", "stac-items.json", "preview.png"], products.Select(product => product.Path));
        var before = products.Select(product => Convert.ToHexString(File.ReadAllBytes(_folder.At(product.Path)))).ToList();
        MapProducts.Write(_folder.Map(east with { Image = _folder.At("west.tif") }, west));
        Assert.Equal(before, products.Select(product => Convert.ToHexString(File.ReadAllBytes(_folder.At(product.Path)))));
        Assert.DoesNotContain(_folder.Files(), file => file.Contains("tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void A_map_of_probabilities_alone_has_a_catalogue_only()
    {
        var outputs = new OutputSettings { Classes = false, Probabilities = true };
        var (west, _) = _folder.Write("west", West, outputs);
        var products = MapProducts.Write(_folder.Map(west) with { Outputs = outputs });
        Assert.Equal(["stac-items.json"], products.Select(product => product.Path));
        Assert.Contains("\"./west.tif\"", File.ReadAllText(_folder.At("stac-items.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_preview_shows_the_map_in_its_colours()
    {
        var (west, codes) = _folder.Write("west", West);
        PreviewPng.Write(_folder.Map(west));
        using var picture = Raster.Open(_folder.At("preview.png"));
        Assert.Equal((732, 3), (picture.Width, picture.BandCount));
        var pixel = new byte[3];
        picture.Read<byte>(16 + 300, 16 + 200, 1, 1, [1, 2, 3], pixel);
        var expected = TileFolder.Three.Classes[codes[(200 * 700) + 300]].Color;
        Assert.Equal(expected, (pixel[0] << 16) | (pixel[1] << 8) | pixel[2]);
    }

    /// <summary>Without room for the first file, and with room for all but the picture: the library that writes that does not say why it cannot.</summary>
    [FullDiskTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_disk_is_one_clear_line_and_leaves_no_half_product(bool roomForOthers)
    {
        const int page = 4096;
        var (west, _) = _folder.Write("west", West);
        var others = MapProducts.Write(_folder.Map(west)).Where(product => product.What != "preview").Sum(product => (new FileInfo(_folder.At(product.Path)).Length + page - 1) / page * page);
        using var disk = new SmallDisk("4m");
        File.Copy(_folder.At("west.tif"), Path.Combine(disk.Path, "west.tif"));
        File.WriteAllBytes(Path.Combine(disk.Path, "other"), new byte[new DriveInfo(disk.Path).AvailableFreeSpace - (roomForOthers ? others : 0)]);
        var error = Assert.Throws<FlairException>(() => MapProducts.Write(_folder.Map(west) with { Output = disk.Path }));
        Assert.Contains("; 0 MiB are free there, check the disk", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(roomForOthers, File.Exists(Path.Combine(disk.Path, "stac-items.json")));
        Assert.DoesNotContain(Directory.GetFiles(disk.Path), file => file.EndsWith("preview.png", StringComparison.Ordinal) || file.EndsWith(".tmp-flair", StringComparison.Ordinal));
    }

    [Fact]
    public void The_slicing_job_is_a_layer_with_FLAIRs_columns_and_rows()
    {
        var grid = TileFolder.Grid;
        var slicing = new FlairSlicing(new GridRect(0, 0, 1000, 800), [650000, 0.2, 0, 6860000, 0, -0.2], 512, 128);
        FlairSlicingGpkg.Write(_folder.Output, "zone", grid.CrsWkt, slicing);

        using var dataset = VectorDataset.Open(_folder.At("zone_slicing_job.gpkg"));
        Assert.Equal(["zone_slicing_job"], dataset.Layers);
        var (fields, rows) = dataset.ReadLayer(0);
        Assert.Equal(["id", "output_id", "job_done", "left", "bottom", "right", "top", "left_o", "bottom_o", "right_o", "top_o"], fields);
        Assert.Equal(16, rows.Count);
        Assert.Equal(slicing.Slices.Select(slice => slice.Id), rows.Select(row => row.Values[0]));
        Assert.All(rows, row => Assert.Equal(("zone", "0"), (row.Values[1], row.Values[2])));
        Assert.Equal(649974.4, rows[0].Envelope!.Value.MinX, 1e-6);
        Assert.Equal(["zone_slicing_job.gpkg"], _folder.Files());

        var bytes = File.ReadAllBytes(_folder.At("zone_slicing_job.gpkg"));
        FlairSlicingGpkg.Write(_folder.Output, "zone", grid.CrsWkt, slicing);
        Assert.Equal(bytes, File.ReadAllBytes(_folder.At("zone_slicing_job.gpkg")));
    }

    private static byte[] Read(Raster raster, int x, int y, int width, int height)
    {
        var pixels = new byte[width * height];
        raster.Read<byte>(x, y, width, height, [1], pixels);
        return pixels;
    }
}
