using Flair.Gdal;
using Flair.Indexing;

namespace Flair.Tiles;

/// <summary>
/// Writes the rasters of one tile: takes rows from north to south, then makes a COG of each raster, reads it back, and gives it its final
/// name. Memory does not grow with the tile; disk is needed for the rows uncompressed and for the COGs. Used by one thread at a time.
/// A tile that is not finished leaves nothing behind.
/// </summary>
public sealed class TileWriter : IDisposable
{
    private readonly TileJob _job;
    private readonly string _folder;
    private readonly TileLayer? _classes;
    private readonly TileLayer? _confidence;
    private readonly TileLayer? _probabilities;
    private int _rows;

    /// <summary>Makes the temporary files.</summary>
    /// <exception cref="FlairException">They cannot be made.</exception>
    public TileWriter(TileJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        _job = job;
        _folder = Path.Combine(job.Work, job.Name);
        var wanted = Wanted(job);
        try
        {
            RemoveFolder();
            Directory.CreateDirectory(_folder);
            foreach (var kind in wanted)
            {
                var layer = new TileLayer(job, kind, FileName(kind, job.Name, wanted.Count == 1), _folder);
                _ = kind switch
                {
                    TileLayerKind.Classes => _classes = layer,
                    TileLayerKind.Confidence => _confidence = layer,
                    _ => _probabilities = layer,
                };
            }
        }
        catch (Exception e) when (e is GdalException or IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw Unwritable(e);
        }
    }

    /// <summary>The compression that this GDAL's COG driver has: ZSTD, or DEFLATE where it was built without.</summary>
    public static string Compression => GdalRuntime.HasCreationValue("COG", "ZSTD") ? "ZSTD" : "DEFLATE";

    /// <summary>What to tell the user when <see cref="Compression"/> is not the usual one; null when it is.</summary>
    public static string? CompressionNotice =>
        Compression == "ZSTD" ? null : $"this GDAL {GdalRuntime.Version} has no ZSTD: the maps are compressed with DEFLATE, somewhat larger";

    /// <summary>The file name of a raster of a tile: <c>X.tif</c>, <c>X_confidence.tif</c>, <c>X_prob.tif</c>; a tile's only raster is <c>X.tif</c>.</summary>
    public static string FileName(TileLayerKind kind, string tile, bool only) => kind switch
    {
        TileLayerKind.Confidence when !only => tile + "_confidence.tif",
        TileLayerKind.Probabilities when !only => tile + "_prob.tif",
        _ => tile + ".tif",
    };

    /// <summary>Every name that a file of a tile bears under some settings.</summary>
    public static IEnumerable<string> FileNames(string tile) =>
        Enum.GetValues<TileLayerKind>().Select(kind => FileName(kind, tile, only: false)).Append(FileName(TileLayerKind.Classes, tile, only: true) + ".aux.xml");

    /// <summary>Bytes in the temporary files: a number that changes while they are written.</summary>
    public long BytesSoFar
    {
        get
        {
            try
            {
                return new DirectoryInfo(_folder).EnumerateFiles().Sum(file => file.Length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return 0;
            }
        }
    }

    /// <summary>Takes the next rows. What is not among the tile's outputs is ignored and may be empty.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="classes">Class indices [row, column], 255 where there is no data.</param>
    /// <param name="confidence">floor(255 × the winner's probability) [row, column], 0 where there is no data.</param>
    /// <param name="probabilities">floor(255 × probability) [class, row, column], 0 where there is no data.</param>
    /// <exception cref="FlairException">The disk is full or not writable.</exception>
    public void WriteRows(int rows, ReadOnlySpan<byte> classes, ReadOnlySpan<byte> confidence, ReadOnlySpan<byte> probabilities)
    {
        if (_rows + rows > _job.Rect.Height)
            throw new ArgumentOutOfRangeException(nameof(rows), $"{_job.Name} has {_job.Rect.Height} rows and got {_rows + rows}");
        try
        {
            _classes?.Write(_rows, rows, classes);
            _confidence?.Write(_rows, rows, confidence);
            _probabilities?.Write(_rows, rows, probabilities);
        }
        catch (GdalException e)
        {
            throw Unwritable(e);
        }

        _rows += rows;
    }

    /// <summary>Makes the COGs, reads them back and gives them their final names.</summary>
    /// <returns>The files written, each with its size and checksum; paths are relative to the output directory.</returns>
    /// <exception cref="FlairException">The disk is full or not writable, or a file does not read back as it was written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; no file has its final name.</exception>
    public IReadOnlyList<OutputFile> Finish(CancellationToken cancellation = default)
    {
        if (_rows != _job.Rect.Height)
            throw new InvalidOperationException($"{_job.Name} has {_job.Rect.Height} rows and got {_rows}");
        try
        {
            TileLayer[] layers = [.. new[] { _classes, _probabilities, _confidence }.OfType<TileLayer>()];
            foreach (var layer in layers)
                layer.Seal(Compression, cancellation);
            var names = layers.Select(layer => layer.FileName).ToList();
            if (_classes is not null)
            {
                names.Insert(1, _classes.FileName + ".aux.xml");
                File.WriteAllBytes(Path.Combine(_folder, names[1]), CategoryFile.Content(_job.Classes));
            }

            var outputs = names.ConvertAll(Fingerprint);
            cancellation.ThrowIfCancellationRequested();
            DurableFile.Commit([.. names.Select(name => (Path.Combine(_folder, name), Path.Combine(_job.Output, name)))]);
            return outputs;
        }
        catch (Exception e) when (e is GdalException or IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    /// <summary>Removes the temporary files.</summary>
    public void Dispose()
    {
        _classes?.Dispose();
        _confidence?.Dispose();
        _probabilities?.Dispose();
        try
        {
            RemoveFolder();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What stays is removed when the tile is made again.
        }
    }

    private static List<TileLayerKind> Wanted(TileJob job)
    {
        var wanted = new List<TileLayerKind>();
        if (job.Outputs.Classes)
            wanted.Add(TileLayerKind.Classes);
        if (job.Outputs.Probabilities)
            wanted.Add(TileLayerKind.Probabilities);
        if (job.Outputs.Confidence)
            wanted.Add(TileLayerKind.Confidence);
        return wanted.Count > 0 ? wanted : throw new ArgumentException($"{job.Name} has no output to write");
    }

    private OutputFile Fingerprint(string name)
    {
        var path = Path.Combine(_folder, name);
        return new OutputFile(name, new FileInfo(path).Length, Sha256.OfFile(path));
    }

    private void RemoveFolder()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private FlairException Unwritable(Exception cause)
    {
        var reason = cause.Message.Replace('\n', ' ').Replace(_folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        return new FlairException($"{Path.Combine(_job.Output, _job.Name)}: cannot be written ({reason}); {OutputGuard.Advice(_job.Work)}", cause);
    }
}
