using System.Text;
using System.Xml;
using Flair.Nomenclatures;

namespace Flair.Tiles;

/// <summary>
/// <c>X.tif.aux.xml</c>: where GDAL looks for the names of a TIFF's values (PAM, https://gdal.org/user/raster_data_model.html), and so
/// gdalinfo and QGIS too.
/// </summary>
internal static class CategoryFile
{
    /// <summary>The file's content.</summary>
    public static byte[] Content(Nomenclature nomenclature)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true, NewLineChars = "\n" }))
        {
            xml.WriteStartElement("PAMDataset");
            xml.WriteStartElement("PAMRasterBand");
            xml.WriteAttributeString("band", "1");
            WriteNames(xml, nomenclature);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    /// <summary>The element <c>CategoryNames</c>, which a VRT has too.</summary>
    public static void WriteNames(XmlWriter xml, Nomenclature nomenclature)
    {
        xml.WriteStartElement("CategoryNames");
        foreach (var land in nomenclature.Classes.OrderBy(land => land.Index))
            xml.WriteElementString("Category", land.Name);
        xml.WriteEndElement();
    }
}
