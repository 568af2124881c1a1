using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Flair.Indexing;

/// <summary>What makes a Parquet file a GeoParquet 1.1.0 file: https://geoparquet.org/releases/v1.1.0/.</summary>
internal static class GeoParquet
{
    /// <summary>A rectangle as a WKB polygon: little-endian, one ring of five points, counterclockwise from the south-west corner.</summary>
    public static byte[] Polygon(GeoBox box)
    {
        ReadOnlySpan<double> ring =
        [
            box.Left, box.Bottom, box.Right, box.Bottom, box.Right, box.Top, box.Left, box.Top, box.Left, box.Bottom,
        ];
        var wkb = new byte[13 + (8 * ring.Length)];
        wkb[0] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(wkb.AsSpan(1), 3);
        BinaryPrimitives.WriteInt32LittleEndian(wkb.AsSpan(5), 1);
        BinaryPrimitives.WriteInt32LittleEndian(wkb.AsSpan(9), ring.Length / 2);
        for (var i = 0; i < ring.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(wkb.AsSpan(13 + (8 * i)), ring[i]);
        return wkb;
    }

    /// <summary>The value of the file's <c>geo</c> key.</summary>
    /// <param name="projJson">The CRS as PROJJSON; null when unknown.</param>
    /// <param name="extent">Of all geometries; null when there are none.</param>
    public static string Metadata(string? projJson, GeoBox? extent)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.1.0");
            json.WriteString("primary_column", "geometry");
            json.WriteStartObject("columns");
            json.WriteStartObject("geometry");
            json.WriteString("encoding", "WKB");
            json.WriteStartArray("geometry_types");
            json.WriteStringValue("Polygon");
            json.WriteEndArray();
            json.WritePropertyName("crs"); // left out it would mean longitude and latitude
            if (projJson is null)
                json.WriteNullValue();
            else
                json.WriteRawValue(projJson);
            json.WriteString("orientation", "counterclockwise");
            json.WriteString("edges", "planar");
            if (extent is { } box)
            {
                json.WriteStartArray("bbox");
                json.WriteNumberValue(box.Left);
                json.WriteNumberValue(box.Bottom);
                json.WriteNumberValue(box.Right);
                json.WriteNumberValue(box.Top);
                json.WriteEndArray();
            }

            json.WriteStartObject("covering");
            json.WriteStartObject("bbox");
            foreach (var side in (ReadOnlySpan<string>)["xmin", "ymin", "xmax", "ymax"])
            {
                json.WriteStartArray(side);
                json.WriteStringValue("bbox");
                json.WriteStringValue(side);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
