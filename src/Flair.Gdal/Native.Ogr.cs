using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <content>Vector layers: ogr_api.h and gdal.h.</content>
internal static unsafe partial class Native
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALDatasetCreateLayer(VectorDataset dataset, string name, Srs crs, int geometryType, byte** options);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GDALDatasetCreateLayer(VectorDataset dataset, string name, nint crs, int geometryType, byte** options);

    [LibraryImport(Library)]
    public static partial int GDALDatasetGetLayerCount(VectorDataset dataset);

    [LibraryImport(Library)]
    public static partial nint GDALDatasetGetLayer(VectorDataset dataset, int index);

    [LibraryImport(Library)]
    public static partial int GDALDatasetStartTransaction(VectorDataset dataset, int force);

    [LibraryImport(Library)]
    public static partial int GDALDatasetCommitTransaction(VectorDataset dataset);

    [LibraryImport(Library)]
    public static partial nint OGR_L_GetName(nint layer);

    [LibraryImport(Library)]
    public static partial nint OGR_L_GetLayerDefn(nint layer);

    [LibraryImport(Library)]
    public static partial int OGR_L_CreateField(nint layer, nint definition, int approximate);

    [LibraryImport(Library)]
    public static partial int OGR_L_CreateFeature(nint layer, nint feature);

    [LibraryImport(Library)]
    public static partial nint OGR_L_GetNextFeature(nint layer);

    [LibraryImport(Library)]
    public static partial void OGR_L_ResetReading(nint layer);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OGR_Fld_Create(string name, int type);

    [LibraryImport(Library)]
    public static partial void OGR_Fld_Destroy(nint definition);

    [LibraryImport(Library)]
    public static partial nint OGR_Fld_GetNameRef(nint definition);

    [LibraryImport(Library)]
    public static partial int OGR_FD_GetFieldCount(nint definition);

    [LibraryImport(Library)]
    public static partial nint OGR_FD_GetFieldDefn(nint definition, int field);

    [LibraryImport(Library)]
    public static partial nint OGR_F_Create(nint definition);

    [LibraryImport(Library)]
    public static partial void OGR_F_Destroy(nint feature);

    [LibraryImport(Library)]
    public static partial void OGR_F_SetFieldInteger64(nint feature, int field, long value);

    [LibraryImport(Library)]
    public static partial void OGR_F_SetFieldDouble(nint feature, int field, double value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void OGR_F_SetFieldString(nint feature, int field, string value);

    [LibraryImport(Library)]
    public static partial int OGR_F_IsFieldSetAndNotNull(nint feature, int field);

    [LibraryImport(Library)]
    public static partial nint OGR_F_GetFieldAsString(nint feature, int field);

    [LibraryImport(Library)]
    public static partial int OGR_F_SetGeometryDirectly(nint feature, nint geometry);

    [LibraryImport(Library)]
    public static partial nint OGR_F_GetGeometryRef(nint feature);

    [LibraryImport(Library)]
    public static partial int OGR_G_CreateFromWkb(byte* wkb, nint crs, out nint geometry, int length);

    [LibraryImport(Library)]
    public static partial void OGR_G_GetEnvelope(nint geometry, double* minXMaxXMinYMaxY);
}
