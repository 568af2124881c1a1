using System.Buffers.Binary;
using Flair.Gdal;
using Flair.Indexing;
using Flair.Windowing;

namespace Flair.Tiles;

/// <summary>
/// FLAIR-1's slicing job as a GeoPackage (<c>write_dataframe</c>): <c>NAME_slicing_job.gpkg</c> with one polygon a window, the columns and
/// the layer's name as GeoPandas writes them from <c>slice_extent</c>.
/// </summary>
public static class FlairSlicingGpkg
{
    private static readonly (string, FieldType)[] Fields =
    [
        ("id", FieldType.Text),
        ("output_id", FieldType.Text),
        ("job_done", FieldType.Integer64),
        ("left", FieldType.Real),
        ("bottom", FieldType.Real),
        ("right", FieldType.Real),
        ("top", FieldType.Real),
        ("left_o", FieldType.Real),
        ("bottom_o", FieldType.Real),
        ("right_o", FieldType.Real),
        ("top_o", FieldType.Real),
    ];

    /// <summary>Writes it.</summary>
    /// <param name="output">The output directory.</param>
    /// <param name="outputName">FLAIR-1's <c>output_name</c>, without <c>.tif</c>; also the <c>output_id</c>.</param>
    /// <param name="crs">WKT; empty when unknown.</param>
    /// <param name="slicing">The windows.</param>
    /// <returns>Its path relative to the output directory.</returns>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static string Write(string output, string outputName, string crs, FlairSlicing slicing)
    {
        ArgumentNullException.ThrowIfNull(slicing);
        var name = outputName + "_slicing_job.gpkg";
        var path = Path.Combine(output, name);
        OutputGuard.Run($"{path}: cannot be written", () => DurableFile.Write(path, temporary =>
        {
            File.Delete(temporary); // GDAL adds a layer to what a killed run left
            using var dataset = VectorDataset.Create("GPKG", temporary);
            dataset.WriteLayer(outputName + "_slicing_job", crs, Fields, slicing.Slices.Select(slice => Row(slice, slicing.Box, outputName)));
            dataset.Close();
        }));
        return name;
    }

    private static (byte[] Wkb, object?[] Values) Row(FlairSlicing.Slice slice, GeoBox raster, string outputId) => (
        Polygon(slice.Box),
        [
            slice.Id, outputId, 0L,
            slice.Core.Left, slice.Core.Bottom, slice.Core.Right, slice.Core.Top,
            raster.Left, raster.Bottom, raster.Right, raster.Top,
        ]);

    /// <summary>The corners in FLAIR-1's order, which passes its box's bottom and top exchanged: from the north-east clockwise.</summary>
    private static byte[] Polygon(GeoBox box)
    {
        ReadOnlySpan<double> ring = [box.Right, box.Top, box.Right, box.Bottom, box.Left, box.Bottom, box.Left, box.Top, box.Right, box.Top];
        const int polygon = 3, rings = 1, header = 13;
        var wkb = new byte[header + (8 * ring.Length)];
        wkb[0] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(wkb.AsSpan(1), polygon);
        BinaryPrimitives.WriteInt32LittleEndian(wkb.AsSpan(5), rings);
        BinaryPrimitives.WriteInt32LittleEndian(wkb.AsSpan(9), ring.Length / 2);
        for (int i = 0; i < ring.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(wkb.AsSpan(header + (8 * i)), ring[i]);
        return wkb;
    }
}
