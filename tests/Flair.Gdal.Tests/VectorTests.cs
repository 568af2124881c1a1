using System.Buffers.Binary;

namespace Flair.Gdal.Tests;

public sealed class VectorTests : Scratch
{
    [Fact]
    public void A_geopackage_keeps_columns_rows_and_their_order()
    {
        using (var dataset = VectorDataset.Create("GPKG", At("a.gpkg")))
        {
            dataset.WriteLayer(
                "a",
                "EPSG:2154",
                [("id", FieldType.Text), ("n", FieldType.Integer64), ("left", FieldType.Real)],
                Enumerable.Range(0, 5).Select(i => (Square(i), new object?[] { $"{9 - i}", (long)i, i + 0.5 })));
            dataset.Close();
        }

        using var back = VectorDataset.Open(At("a.gpkg"));
        Assert.Equal(["a"], back.Layers);
        var (fields, rows) = back.ReadLayer(0);
        Assert.Equal(["id", "n", "left"], fields);
        Assert.Equal(["9", "8", "7", "6", "5"], rows.Select(row => row.Values[0]));
        Assert.Equal("1.5", rows[1].Values[2]);
        Assert.Equal((2, 2, 3, 3), rows[2].Envelope);
    }

    [Fact]
    public void A_directory_that_is_not_there_is_an_error() =>
        Assert.Throws<GdalException>(() => VectorDataset.Create("GPKG", At("no/a.gpkg")).Dispose());

    private static byte[] Square(double at)
    {
        var wkb = new byte[13 + (5 * 16)];
        wkb[0] = 1;
        wkb[1] = 3;
        wkb[5] = 1;
        wkb[9] = 5;
        double[] points = [at, at, at + 1, at, at + 1, at + 1, at, at + 1, at, at];
        for (int i = 0; i < points.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(wkb.AsSpan(13 + (8 * i)), points[i]);
        return wkb;
    }
}
