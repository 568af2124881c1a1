using System.Globalization;
using System.Text;
using System.Xml;
using Flair.Nomenclatures;

namespace Flair.Tiles;

/// <summary><c>map.qml</c>: names and colours of the classes as QGIS applies them by itself to the <c>map.vrt</c> beside it.</summary>
public static class QgisStyle
{
    /// <summary>Its name.</summary>
    public const string FileName = "map.qml";

    /// <summary>Writes it.</summary>
    /// <returns>Its path relative to the output directory.</returns>
    public static string Write(MapDescription map)
    {
        ArgumentNullException.ThrowIfNull(map);
        DurableFile.WriteAllBytes(map.At(FileName), Encoding.UTF8.GetBytes(Xml(map.Classes)));
        return FileName;
    }

    /// <summary>A paletted style for a raster of class codes.</summary>
    public static string Xml(Nomenclature nomenclature)
    {
        ArgumentNullException.ThrowIfNull(nomenclature);
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true, NewLineChars = "\n" }))
        {
            xml.WriteDocType("qgis", "http://mrcc.com/qgis.dtd", "SYSTEM", null);
            xml.WriteStartElement("qgis");
            xml.WriteAttributeString("version", "3.22");
            xml.WriteAttributeString("styleCategories", "Symbology");
            xml.WriteStartElement("pipe");
            xml.WriteStartElement("rasterrenderer");
            xml.WriteAttributeString("type", "paletted");
            xml.WriteAttributeString("band", "1");
            xml.WriteAttributeString("opacity", "1");
            xml.WriteAttributeString("alphaBand", "-1");
            xml.WriteAttributeString("nodataColor", "");
            xml.WriteElementString("rasterTransparency", null);
            xml.WriteStartElement("colorPalette");
            foreach (var land in nomenclature.Classes)
            {
                xml.WriteStartElement("paletteEntry");
                xml.WriteAttributeString("value", land.Index.ToString(CultureInfo.InvariantCulture));
                xml.WriteAttributeString("color", $"#{land.Color:x6}");
                xml.WriteAttributeString("label", land.Name);
                xml.WriteAttributeString("alpha", "255");
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteElementString("blendMode", "0");
            xml.WriteEndElement();
        }

        return text.Append('\n').ToString();
    }
}
