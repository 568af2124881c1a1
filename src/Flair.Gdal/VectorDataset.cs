using System.Globalization;
using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>Type of a vector layer's column, with OGR's own numbers (<c>OGRFieldType</c>).</summary>
public enum FieldType
{
    /// <summary>64-bit floating point; give <see cref="double"/>.</summary>
    Real = 2,

    /// <summary>Text; give <see cref="string"/>.</summary>
    Text = 4,

    /// <summary>64-bit integer; give <see cref="long"/>.</summary>
    Integer64 = 12,
}

/// <summary>A row read back: its columns as text (null where unset) and the extent of its geometry.</summary>
/// <param name="Values">One a column.</param>
/// <param name="Envelope">Least x, least y, greatest x, greatest y; null without a geometry.</param>
public sealed record VectorRow(IReadOnlyList<string?> Values, (double MinX, double MinY, double MaxX, double MaxY)? Envelope);

/// <summary>A vector dataset of polygon layers, as far as writing a GeoPackage and reading it back needs one. One thread at a time.</summary>
public sealed unsafe class VectorDataset : SafeHandle
{
    private const uint OpenVector = 0x04;
    private const uint OpenVerbose = 0x40;
    private const int WkbPolygon = 3;

    private readonly string _path;

    private VectorDataset(nint dataset, string path)
        : base(0, ownsHandle: true)
    {
        SetHandle(dataset);
        _path = path;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The layers' names in order.</summary>
    public IReadOnlyList<string> Layers =>
        [.. Enumerable.Range(0, Native.GDALDatasetGetLayerCount(this)).Select(i => Text(Native.OGR_L_GetName(Native.GDALDatasetGetLayer(this, i))))];

    /// <summary>Creates a dataset of a vector driver's, e.g. <c>GPKG</c>.</summary>
    public static VectorDataset Create(string driver, string path, params string[] options)
    {
        GdalRuntime.Initialize();
        var handle = Native.GDALGetDriverByName(driver);
        if (handle == 0)
            throw new GdalException($"this GDAL {GdalRuntime.Version} has no driver {driver}; run ./flair doctor");
        using var list = new StringList(options);
        GdalErrors.Begin();
        var dataset = Native.GDALCreate(handle, path, 0, 0, 0, (int)GdalType.Unknown, list.Pointer);
        return dataset != 0 ? new VectorDataset(dataset, path) : throw GdalErrors.Take(path);
    }

    /// <summary>Opens a vector dataset for reading.</summary>
    public static VectorDataset Open(string path)
    {
        GdalRuntime.Initialize();
        GdalErrors.Begin();
        var dataset = Native.GDALOpenEx(path, OpenVector | OpenVerbose, null, null, null);
        return dataset != 0 ? new VectorDataset(dataset, path) : throw GdalErrors.Take(null);
    }

    /// <summary>Creates a layer of polygons and writes all its rows in one transaction.</summary>
    /// <param name="name">The layer's name.</param>
    /// <param name="crs">WKT or <c>EPSG:…</c>; empty for none.</param>
    /// <param name="fields">Columns.</param>
    /// <param name="rows">Rows in order: the polygon as WKB, and a value a column (<see cref="long"/>, <see cref="double"/>, <see cref="string"/>; null stays unset).</param>
    /// <param name="options">Layer creation options of the driver.</param>
    public void WriteLayer(
        string name,
        string crs,
        IReadOnlyList<(string Name, FieldType Type)> fields,
        IEnumerable<(byte[] Wkb, object?[] Values)> rows,
        params string[] options)
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(rows);
        using var list = new StringList(options);
        using var srs = string.IsNullOrWhiteSpace(crs) ? null : Srs.Parse(crs);
        GdalErrors.Begin();
        var layer = srs is null
            ? Native.GDALDatasetCreateLayer(this, name, 0, WkbPolygon, list.Pointer)
            : Native.GDALDatasetCreateLayer(this, name, srs, WkbPolygon, list.Pointer);
        if (layer == 0)
            throw GdalErrors.Take(_path);
        foreach (var (field, type) in fields)
        {
            var definition = Native.OGR_Fld_Create(field, (int)type);
            int error = Native.OGR_L_CreateField(layer, definition, 0);
            Native.OGR_Fld_Destroy(definition);
            Check(error);
        }

        Check(Native.GDALDatasetStartTransaction(this, 0));
        foreach (var (wkb, values) in rows)
            Append(layer, wkb, values);
        Check(Native.GDALDatasetCommitTransaction(this));
    }

    /// <summary>The columns and rows of a layer, in the order stored.</summary>
    public (IReadOnlyList<string> Fields, IReadOnlyList<VectorRow> Rows) ReadLayer(int index)
    {
        GdalErrors.Begin();
        var layer = Native.GDALDatasetGetLayer(this, index);
        if (layer == 0)
            throw new GdalException($"{_path} has no layer {index}");
        var definition = Native.OGR_L_GetLayerDefn(layer);
        int count = Native.OGR_FD_GetFieldCount(definition);
        var fields = new string[count];
        for (int i = 0; i < count; i++)
            fields[i] = Text(Native.OGR_Fld_GetNameRef(Native.OGR_FD_GetFieldDefn(definition, i)));
        var rows = new List<VectorRow>();
        Native.OGR_L_ResetReading(layer);
        double* box = stackalloc double[4];
        for (nint feature; (feature = Native.OGR_L_GetNextFeature(layer)) != 0; Native.OGR_F_Destroy(feature))
        {
            var values = new string?[count];
            for (int i = 0; i < count; i++)
                values[i] = Native.OGR_F_IsFieldSetAndNotNull(feature, i) != 0 ? Text(Native.OGR_F_GetFieldAsString(feature, i)) : null;
            var geometry = Native.OGR_F_GetGeometryRef(feature);
            if (geometry != 0)
                Native.OGR_G_GetEnvelope(geometry, box);
            rows.Add(new VectorRow(values, geometry == 0 ? null : (box[0], box[2], box[1], box[3])));
        }

        GC.KeepAlive(this);
        GdalErrors.ThrowIfAny(_path);
        return (fields, rows);
    }

    /// <summary>Disposes of it and throws what disposal must swallow: an error in the last write.</summary>
    public new void Close()
    {
        GdalErrors.Begin();
        Dispose();
        GdalErrors.ThrowIfAny(_path);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Native.GDALClose(handle);
        return true;
    }

    private static string Text(nint utf8) => Marshal.PtrToStringUTF8(utf8) ?? "";

    private void Append(nint layer, byte[] wkb, object?[] values)
    {
        var feature = Native.OGR_F_Create(Native.OGR_L_GetLayerDefn(layer));
        try
        {
            nint geometry;
            fixed (byte* bytes = wkb)
                Check(Native.OGR_G_CreateFromWkb(bytes, 0, out geometry, wkb.Length));
            Check(Native.OGR_F_SetGeometryDirectly(feature, geometry));
            for (int i = 0; i < values.Length; i++)
            {
                switch (values[i])
                {
                    case null:
                        break;
                    case double real:
                        Native.OGR_F_SetFieldDouble(feature, i, real);
                        break;
                    case string text:
                        Native.OGR_F_SetFieldString(feature, i, text);
                        break;
                    default:
                        Native.OGR_F_SetFieldInteger64(feature, i, Convert.ToInt64(values[i], CultureInfo.InvariantCulture));
                        break;
                }
            }

            Check(Native.OGR_L_CreateFeature(layer, feature));
        }
        finally
        {
            Native.OGR_F_Destroy(feature);
        }
    }

    private void Check(int error)
    {
        if (error != 0)
            throw GdalErrors.Take(_path);
        GdalErrors.ThrowIfAny(_path);
    }
}
