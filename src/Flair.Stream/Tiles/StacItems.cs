using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Flair.Gdal;
using Flair.Source;

namespace Flair.Tiles;

/// <summary>
/// <c>stac-items.json</c>: a STAC 1.0.0 item collection (https://github.com/radiantearth/stac-spec), one item a tile, with the extensions
/// projection 1.1, raster 1.1, classification 1.1, file 2.1 and processing 1.1. Footprints are in WGS 84; a map whose CRS is unknown has none.
/// </summary>
/// <remarks>
/// The model is told in the fields of the MLM extension, without naming its schema among the item's: that schema is for items that are
/// models and wants the weights as an asset.
/// </remarks>
public static partial class StacItems
{
    /// <summary>Its name.</summary>
    public const string FileName = "stac-items.json";

    private static readonly string[] Extensions =
    [
        "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
        "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
        "https://stac-extensions.github.io/classification/v1.1.0/schema.json",
        "https://stac-extensions.github.io/file/v2.1.0/schema.json",
        "https://stac-extensions.github.io/processing/v1.1.0/schema.json",
    ];

    /// <summary>Writes it.</summary>
    /// <returns>Its path relative to the output directory.</returns>
    public static string Write(MapDescription map)
    {
        ArgumentNullException.ThrowIfNull(map);
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("type", "FeatureCollection");
            json.WriteStartArray("features");
            foreach (var tile in map.Sorted)
                WriteItem(json, map, tile);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        DurableFile.WriteAllBytes(map.At(FileName), buffer.WrittenMemory);
        return FileName;
    }

    private static void WriteItem(Utf8JsonWriter json, MapDescription map, MappedTile tile)
    {
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteString("stac_version", "1.0.0");
        Strings(json, "stac_extensions", Extensions);
        json.WriteString("id", tile.Name);
        WriteFootprint(json, map.Grid, tile.Rect);
        json.WriteStartObject("properties");
        WriteDates(json, tile.Year);
        WriteProjection(json, map.Grid, tile.Rect);
        json.WriteStartObject("processing:software");
        json.WriteString("Flair.Stream", map.Version);
        json.WriteEndObject();
        json.WriteString("mlm:name", map.Weights);
        json.WriteString("mlm:architecture", map.Architecture);
        json.WriteString("mlm:framework", "pytorch");
        Strings(json, "mlm:tasks", "semantic-segmentation");
        json.WriteEndObject();
        json.WriteStartArray("links");
        json.WriteEndArray();
        json.WriteStartObject("assets");
        foreach (var (kind, key, title) in new[]
        {
            (TileLayerKind.Classes, "classes", "land cover, class codes"),
            (TileLayerKind.Probabilities, "probabilities", "probability of each class, 0 to 255"),
            (TileLayerKind.Confidence, "confidence", "probability of the winning class, 0 to 255"),
        })
        {
            if (map.FileOf(tile, kind) is { } file)
                WriteAsset(json, map, tile, kind, key, title, file);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The imagery's year, which is all a dalle's name tells. STAC wants a range where there is no instant.</summary>
    private static void WriteDates(Utf8JsonWriter json, int? year)
    {
        var (first, last) = year is { } known ? (known, known) : (1900, 2099);
        if (year is null)
        {
            json.WriteNull("datetime");
            json.WriteString("description", "The date of the imagery is not known.");
        }
        else
        {
            json.WriteString("datetime", string.Create(CultureInfo.InvariantCulture, $"{year:0000}-01-01T00:00:00Z"));
        }

        json.WriteString("start_datetime", string.Create(CultureInfo.InvariantCulture, $"{first:0000}-01-01T00:00:00Z"));
        json.WriteString("end_datetime", string.Create(CultureInfo.InvariantCulture, $"{last:0000}-12-31T23:59:59Z"));
    }

    private static void WriteProjection(Utf8JsonWriter json, MosaicGrid grid, GridRect rect)
    {
        if (grid.Epsg > 0)
            json.WriteNumber("proj:epsg", grid.Epsg);
        else
            json.WriteNull("proj:epsg");
        if (grid is { Epsg: 0, CrsWkt.Length: > 0 })
        {
            json.WritePropertyName("proj:projjson");
            json.WriteRawValue(Crs.ToProjJson(grid.CrsWkt));
        }

        var affine = grid.GeoTransform(rect);
        Numbers(json, "proj:shape", rect.Height, rect.Width);
        Numbers(json, "proj:transform", affine[1], affine[2], affine[0], affine[4], affine[5], affine[3]);
        Numbers(json, "proj:bbox", grid.Left(rect.X), grid.Top(rect.Bottom), grid.Left(rect.Right), grid.Top(rect.Y));
    }

    private static void WriteFootprint(Utf8JsonWriter json, MosaicGrid grid, GridRect rect)
    {
        if (grid.CrsWkt.Length == 0)
        {
            json.WriteNull("geometry");
            return;
        }

        double west = grid.Left(rect.X), east = grid.Left(rect.Right), south = grid.Top(rect.Bottom), north = grid.Top(rect.Y);
        double[] x = [west, east, east, west, west], y = [south, south, north, north, south];
        Crs.Transform(grid.CrsWkt, "EPSG:4326", x, y);
        const int aMillimetre = 8;
        x = Array.ConvertAll(x, value => Math.Round(value, aMillimetre));
        y = Array.ConvertAll(y, value => Math.Round(value, aMillimetre));
        json.WriteStartObject("geometry");
        json.WriteString("type", "Polygon");
        json.WriteStartArray("coordinates");
        json.WriteStartArray();
        for (int i = 0; i < x.Length; i++)
        {
            json.WriteStartArray();
            json.WriteNumberValue(x[i]);
            json.WriteNumberValue(y[i]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteEndObject();
        Numbers(json, "bbox", x.Min(), y.Min(), x.Max(), y.Max());
    }

    private static void WriteAsset(Utf8JsonWriter json, MapDescription map, MappedTile tile, TileLayerKind kind, string key, string title, string file)
    {
        json.WriteStartObject(key);
        json.WriteString("href", "./" + string.Join('/', file.Split('/').Select(Uri.EscapeDataString)));
        json.WriteString("type", "image/tiff; application=geotiff; profile=cloud-optimized");
        json.WriteString("title", title);
        Strings(json, "roles", "data");
        if (tile.Files.FirstOrDefault(written => written.Path == file) is { } output)
        {
            const string sha256AsMultihash = "1220";
            json.WriteNumber("file:size", output.Bytes);
            json.WriteString("file:checksum", sha256AsMultihash + output.Sha256);
        }

        json.WriteStartArray("raster:bands");
        int bands = kind == TileLayerKind.Probabilities ? map.Classes.Classes.Count : 1;
        for (int band = 0; band < bands; band++)
        {
            json.WriteStartObject();
            if (kind == TileLayerKind.Probabilities)
                json.WriteString("description", map.Classes.Classes[band].Name);
            json.WriteString("data_type", "uint8");
            if (kind != TileLayerKind.Probabilities)
                json.WriteNumber("nodata", kind == TileLayerKind.Classes ? TileLayer.NodataCode : 0);
            json.WriteNumber("spatial_resolution", map.Grid.PixelWidth);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (kind == TileLayerKind.Classes)
            WriteClasses(json, map);
        json.WriteEndObject();
    }

    private static void WriteClasses(Utf8JsonWriter json, MapDescription map)
    {
        json.WriteStartArray("classification:classes");
        foreach (var land in map.Classes.Classes)
        {
            json.WriteStartObject();
            json.WriteNumber("value", land.Index);
            json.WriteString("name", NotInNames().Replace(land.Name, "_"));
            json.WriteString("description", land.Name);
            json.WriteString("color_hint", $"{land.Color:X6}");
            json.WriteEndObject();
        }

        json.WriteStartObject();
        json.WriteNumber("value", TileLayer.NodataCode);
        json.WriteString("name", "nodata");
        json.WriteString("description", "no data");
        json.WriteBoolean("nodata", true);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Strings(Utf8JsonWriter json, string key, params ReadOnlySpan<string> values)
    {
        json.WriteStartArray(key);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string key, params ReadOnlySpan<double> values)
    {
        json.WriteStartArray(key);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    [GeneratedRegex("[^A-Za-z0-9_-]+")]
    private static partial Regex NotInNames();
}
