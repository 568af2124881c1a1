using System.Globalization;
using System.Text;
using System.Xml;
using Flair.Gdal;
using Flair.Source;

namespace Flair.Tiles;

/// <summary><c>map.vrt</c>: the class codes of all tiles as one raster (https://gdal.org/drivers/raster/vrt.html), by relative paths.</summary>
public static class MapVrt
{
    /// <summary>Its name.</summary>
    public const string FileName = "map.vrt";

    /// <summary>Writes it and opens it to see that GDAL takes it.</summary>
    /// <returns>Its path relative to the output directory.</returns>
    /// <exception cref="GdalException">GDAL does not take it.</exception>
    public static string Write(MapDescription map)
    {
        ArgumentNullException.ThrowIfNull(map);
        DurableFile.WriteAllBytes(map.At(FileName), Encoding.UTF8.GetBytes(Xml(map)));
        using var raster = Raster.Open(map.At(FileName));
        if ((raster.Width, raster.Height) != (map.Bounds.Width, map.Bounds.Height))
            throw new GdalException($"{FileName} opens as {raster.Width}x{raster.Height} instead of {map.Bounds.Width}x{map.Bounds.Height}");
        return FileName;
    }

    private static string Xml(MapDescription map)
    {
        var bounds = map.Bounds;
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true, NewLineChars = "\n" }))
        {
            xml.WriteStartElement("VRTDataset");
            Attribute(xml, "rasterXSize", bounds.Width);
            Attribute(xml, "rasterYSize", bounds.Height);
            if (map.Grid.CrsWkt.Length > 0)
            {
                // GDAL's own VRTs say so: without it the northing would come first where the authority's order is that.
                xml.WriteStartElement("SRS");
                xml.WriteAttributeString("dataAxisToSRSAxisMapping", IsNorthFirst(map.Grid.CrsWkt) ? "2,1" : "1,2");
                xml.WriteString(map.Grid.CrsWkt);
                xml.WriteEndElement();
            }

            xml.WriteElementString("GeoTransform", string.Join(", ", map.Grid.GeoTransform(bounds).Select(value => value.ToString("R", CultureInfo.InvariantCulture))));
            WriteBand(xml, map, bounds);
            xml.WriteEndElement();
        }

        return text.Append('\n').ToString();
    }

    private static void WriteBand(XmlWriter xml, MapDescription map, GridRect bounds)
    {
        xml.WriteStartElement("VRTRasterBand");
        xml.WriteAttributeString("dataType", "Byte");
        Attribute(xml, "band", 1);
        xml.WriteElementString("Description", "class");
        xml.WriteElementString("NoDataValue", TileLayer.NodataCode.ToString(CultureInfo.InvariantCulture));
        xml.WriteElementString("ColorInterp", "Palette");
        xml.WriteStartElement("ColorTable");
        foreach (var (r, g, b, a) in ClassColors.Table(map.Classes))
        {
            xml.WriteStartElement("Entry");
            Attribute(xml, "c1", r);
            Attribute(xml, "c2", g);
            Attribute(xml, "c3", b);
            Attribute(xml, "c4", a);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        CategoryFile.WriteNames(xml, map.Classes);
        foreach (var tile in map.Sorted)
            WriteTile(xml, map.FileOf(tile, TileLayerKind.Classes)!, tile.Rect, bounds);
        xml.WriteEndElement();
    }

    private static void WriteTile(XmlWriter xml, string file, GridRect rect, GridRect bounds)
    {
        // A complex source leaves what is nodata in it to the tile below, where tiles overlap.
        xml.WriteStartElement("ComplexSource");
        xml.WriteStartElement("SourceFilename");
        Attribute(xml, "relativeToVRT", 1);
        xml.WriteString(file);
        xml.WriteEndElement();
        xml.WriteElementString("SourceBand", "1");
        xml.WriteStartElement("SourceProperties");
        Attribute(xml, "RasterXSize", rect.Width);
        Attribute(xml, "RasterYSize", rect.Height);
        xml.WriteAttributeString("DataType", "Byte");
        Attribute(xml, "BlockXSize", 512);
        Attribute(xml, "BlockYSize", 512);
        xml.WriteEndElement();
        WriteRect(xml, "SrcRect", 0, 0, rect);
        WriteRect(xml, "DstRect", rect.X - bounds.X, rect.Y - bounds.Y, rect);
        xml.WriteElementString("NODATA", TileLayer.NodataCode.ToString(CultureInfo.InvariantCulture));
        xml.WriteEndElement();
    }

    private static void WriteRect(XmlWriter xml, string name, int x, int y, GridRect size)
    {
        xml.WriteStartElement(name);
        Attribute(xml, "xOff", x);
        Attribute(xml, "yOff", y);
        Attribute(xml, "xSize", size.Width);
        Attribute(xml, "ySize", size.Height);
        xml.WriteEndElement();
    }

    private static void Attribute(XmlWriter xml, string name, int value) => xml.WriteAttributeString(name, value.ToString(CultureInfo.InvariantCulture));

    private static bool IsNorthFirst(string wkt) => wkt.StartsWith("GEOG", StringComparison.Ordinal);
}
