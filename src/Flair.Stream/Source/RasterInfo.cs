using Flair.Gdal;
using Flair.Indexing;
using Flair.Storage;

namespace Flair.Source;

/// <summary>What a raster says of itself, and what its name says.</summary>
internal sealed record RasterInfo
{
    public required string Path { get; init; }

    public required string Driver { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int BlockWidth { get; init; }

    public required int BlockHeight { get; init; }

    /// <summary>Null when the file has none; then its dalle's name may tell.</summary>
    public required double[]? GeoTransform { get; init; }

    public required string CrsWkt { get; init; }

    /// <summary>What the bands hold, the first at index 0.</summary>
    public required IReadOnlyList<BandInfo> Bands { get; init; }

    /// <summary>True when it has a mask of its own, beside its bands.</summary>
    public required bool HasMask { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Modification time in UTC ticks; 0 where there is none (<c>/vsi…</c>).</summary>
    public required long Modified { get; init; }

    public required DalleName? Dalle { get; init; }

    /// <summary>Why it must not be decoded; null when it may.</summary>
    public string? Quarantined { get; init; }

    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Opens a file, notes what it says and closes it.</summary>
    /// <exception cref="GdalException">It is not a raster.</exception>
    public static RasterInfo Probe(string path)
    {
        if (ObjectPath.IsRemoteText(path))
            RemoteFiles.Install();
        using var raster = Raster.Open(path);
        var bands = new BandInfo[raster.BandCount];
        for (int i = 0; i < bands.Length; i++)
            bands[i] = new BandInfo(raster.Type(i + 1), raster.Nodata(i + 1), raster.Interpretation(i + 1) == ColorInterpretation.Alpha);
        if (bands.Length == 0)
            throw new GdalException($"{path} has no bands");
        var (blockWidth, blockHeight) = raster.BlockSize(1);
        InputFingerprint file;
        try
        {
            file = Stat(path);
        }
        catch (FlairException fault)
        {
            // One file whose storage fails is one file that cannot be read.
            throw new GdalException(fault.Message, fault);
        }

        return new RasterInfo
        {
            Path = path,
            Driver = raster.Driver,
            Width = raster.Width,
            Height = raster.Height,
            BlockWidth = Math.Clamp(blockWidth, 1, raster.Width),
            BlockHeight = Math.Clamp(blockHeight, 1, raster.Height),
            GeoTransform = raster.GeoTransform,
            CrsWkt = raster.CrsWkt,
            Bands = bands,
            HasMask = raster.HasMask,
            Bytes = file.Bytes,
            Modified = file.Modified,
            Dalle = DalleName.TryParse(path, out var dalle) ? dalle : null,
        };
    }

    /// <summary>What a file is now: size, modification time and, where it is an object, its ETag. Size 0 where it is gone.</summary>
    /// <exception cref="FlairException">Its storage cannot be asked.</exception>
    public static InputFingerprint Stat(string path)
    {
        if (ObjectPath.IsRemoteText(path))
            return RemotePlaces.Find(path) is { } entry ? new InputFingerprint(path, entry.Bytes, entry.Modified, entry.ETag) : new InputFingerprint(path, 0, 0);
        var file = new FileInfo(path);
        if (file.Exists && file.LinkTarget is not null)
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;

        // The path of a file system of GDAL's may carry a query, which may be a secret.
        var shown = path.StartsWith("/vsi", StringComparison.Ordinal) ? WithoutQuery(path) : path;
        return file.Exists ? new InputFingerprint(path, file.Length, file.LastWriteTimeUtc.Ticks) : new InputFingerprint(shown, Vsi.Size(path) ?? 0, 0);
    }

    /// <summary>A path as records name it: a token in a query is nobody's business.</summary>
    public static string WithoutQuery(string path) => path.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? path[..query] : path;
}

/// <summary>A band of a raster.</summary>
/// <param name="Type">Its data type.</param>
/// <param name="Nodata">The value that it declares as no data; null when it declares none.</param>
/// <param name="IsAlpha">True when it is tagged as opacity.</param>
internal readonly record struct BandInfo(GdalType Type, double? Nodata, bool IsAlpha);
