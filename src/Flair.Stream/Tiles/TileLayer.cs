using System.Globalization;
using Flair.Gdal;

namespace Flair.Tiles;

/// <summary>What a raster of a tile holds.</summary>
public enum TileLayerKind
{
    /// <summary>Class codes: one band, 0-based, nodata 255.</summary>
    Classes,

    /// <summary>floor(255 × probability): one band a class.</summary>
    Probabilities,

    /// <summary>floor(255 × the winning class's probability): one band, nodata 0 (the winner of n classes has at least 1/n).</summary>
    Confidence,
}

/// <summary>
/// One raster of a tile: takes rows into an uncompressed temporary GeoTIFF, and what they make of the overviews too, makes the COG of it and reads
/// that back. Its memory does not grow with the tile, but for one chunk of rows. The COG driver would make the overviews as well, but reads
/// everything again for that and compresses them twice, block by block with a compressor's cleared tables.
/// </summary>
internal sealed class TileLayer : IDisposable
{
    /// <summary>Nodata of the class codes.</summary>
    public const byte NodataCode = 255;

    private const int BlockSize = 512;

    /// <summary>Rows of a block of the temporary rows: GDAL's usual is one or two, each with its own call of the system.</summary>
    private const int RowsBlock = 16;

    /// <summary>Rows of a block of the temporary overviews: GDAL's usual.</summary>
    private const int OverviewBlock = 128;

    private readonly TileJob _job;
    private readonly TileLayerKind _kind;
    private readonly int[] _bands;
    private readonly PixelHash _written = new();
    private readonly string _bufferPath;
    private readonly Raster _buffer;

    /// <summary>[band][level].</summary>
    private readonly IReadOnlyList<OverviewLevel>[] _overviews;

    /// <summary>Makes the temporary file.</summary>
    /// <param name="job">The tile.</param>
    /// <param name="kind">What it holds.</param>
    /// <param name="fileName">Final file name.</param>
    /// <param name="folder">Where the temporary files go.</param>
    public TileLayer(TileJob job, TileLayerKind kind, string fileName, string folder)
    {
        _job = job;
        _kind = kind;
        FileName = fileName;
        _bands = [.. Enumerable.Range(1, kind == TileLayerKind.Probabilities ? job.Classes.Classes.Count : 1)];
        Temporary = Path.Combine(folder, fileName);
        _bufferPath = Path.Combine(folder, "rows-" + fileName);
        _buffer = Raster.Create(
            "GTiff", _bufferPath, job.Rect.Width, job.Rect.Height, _bands.Length, GdalType.Byte, "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE", $"BLOCKYSIZE={RowsBlock}");
        try
        {
            Describe(_buffer);
            _overviews = [.. _bands.Select(_ => OverviewLevel.Pyramid(kind, job.Rect.Width, job.Rect.Height, BlockSize))];
            if (_overviews[0].Count > 0)
                _buffer.AddOverviews([.. _overviews[0].Select((_, level) => 2 << level)]);
        }
        catch
        {
            _buffer.Dispose();
            throw;
        }
    }

    /// <summary>Final file name.</summary>
    public string FileName { get; }

    /// <summary>The finished COG under its temporary name.</summary>
    public string Temporary { get; }

    /// <summary>Takes rows from north to south.</summary>
    /// <param name="y">First row, 0-based within the tile.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="planar">[band, row, column].</param>
    public void Write(int y, int rows, ReadOnlySpan<byte> planar)
    {
        int width = _job.Rect.Width;
        for (int band = 0; band < _bands.Length; band++)
        {
            for (int row = 0; row < rows; row++)
                _written.Add(band, y + row, 0, planar.Slice(((band * rows) + row) * width, width));
        }

        _buffer.Write(0, y, width, rows, _bands, planar);

        for (int band = 0; band < _bands.Length; band++)
            Reduce(band, 0, planar.Slice(band * rows * width, rows * width));

        // What is not written now stays in memory (see GdalRuntime).
        _buffer.Flush();
    }

    /// <summary>Makes the COG, removes the rows, reads the COG back.</summary>
    public void Seal(string compression, CancellationToken cancellation)
    {
        DiskSteps.Reach(DiskStep.Write, Temporary);
        // The last tile of a run is waited for while the cores are idle; two threads, as each has a table of ZSTD's. The bytes are the same.
        _buffer.CreateCopy(
            "COG",
            Temporary,
            cancellation,
            [.. CogOptions(_kind, compression), "OVERVIEWS=FORCE_USE_EXISTING", "NUM_THREADS=2"]).Close();
        DiskSteps.Reach(DiskStep.Written, Temporary);
        _buffer.Dispose();
        File.Delete(_bufferPath);
        Verify(cancellation);
    }

    /// <summary>The COG driver's creation options; without a word on overviews it makes them where there are none.</summary>
    public static string[] CogOptions(TileLayerKind kind, string compression) =>
    [
        $"COMPRESS={compression}",
        $"LEVEL={(kind == TileLayerKind.Classes ? 6 : 3)}",
        $"PREDICTOR={(kind == TileLayerKind.Classes ? "NO" : "STANDARD")}",
        $"BLOCKSIZE={BlockSize}",
        $"OVERVIEW_RESAMPLING={(kind == TileLayerKind.Classes ? "MODE" : "AVERAGE")}",
        "BIGTIFF=IF_SAFER",
    ];

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    /// <summary>Writes what rows complete of an overview, and of those after it.</summary>
    /// <param name="band">Band, from 0.</param>
    /// <param name="level">Overview, 0 is the largest.</param>
    /// <param name="rows">Of the raster, or of the overview before.</param>
    private void Reduce(int band, int level, ReadOnlySpan<byte> rows)
    {
        if (level == _overviews[band].Count || rows.IsEmpty)
            return;
        var overview = _overviews[band][level];
        int y = overview.Made;
        var memory = PixelPool.Shared.Rent(overview.Room(rows.Length));
        try
        {
            var made = memory.AsSpan(0, overview.Add(rows, memory) * overview.Width);
            if (made.Length > 0)
                _buffer.WriteOverview(band + 1, level, y, made);
            if (y / OverviewBlock < overview.Made / OverviewBlock)
                _buffer.FlushOverview(band + 1, level);
            Reduce(band, level + 1, made);
        }
        finally
        {
            PixelPool.Shared.Return(memory);
        }
    }

    private void Describe(Raster raster)
    {
        raster.SetGeoTransform(_job.Grid.GeoTransform(_job.Rect));
        if (_job.Grid.CrsWkt.Length > 0)
            raster.SetCrs(_job.Grid.CrsWkt);
        foreach (var (key, value) in _job.Metadata.OrderBy(item => item.Key, StringComparer.Ordinal))
            raster.SetMetadata(key, value);
        var classes = _job.Classes.Classes;
        switch (_kind)
        {
            case TileLayerKind.Classes:
                raster.SetColorTable(1, ClassColors.Table(_job.Classes));
                raster.SetNodata(1, NodataCode);
                raster.SetDescription(1, "class");

                // A TIFF has no place for category names; GDAL keeps them beside it (see CategoryFile). These items stay with the file.
                foreach (var land in classes)
                    raster.SetMetadata($"CLASS_{land.Index.ToString("00", CultureInfo.InvariantCulture)}", land.Name);
                break;
            case TileLayerKind.Confidence:
                raster.SetNodata(1, 0);
                raster.SetDescription(1, "confidence");
                break;
            case TileLayerKind.Probabilities:
                for (int band = 0; band < _bands.Length; band++)
                    raster.SetDescription(band + 1, classes[band].Name);
                break;
        }
    }

    /// <summary>Opens the COG anew and compares every pixel with what came in; reads the overviews too, as a torn file shows in them.</summary>
    private void Verify(CancellationToken cancellation)
    {
        using var cog = Raster.Open(Temporary);
        int width = _job.Rect.Width, height = _job.Rect.Height;
        bool sound = cog.Metadata("LAYOUT", "IMAGE_STRUCTURE") == "COG"
            && (cog.Width, cog.Height, cog.BandCount) == (width, height, _bands.Length)
            && cog.BlockSize(1) == (BlockSize, BlockSize);
        if (!sound)
            throw new GdalException($"{FileName} was not written as a COG of {width}x{height}, {_bands.Length} bands, blocks of {BlockSize}");
        int overviews = cog.OverviewCount(1);
        var (leastWidth, leastHeight) = overviews == 0 ? (width, height) : cog.OverviewSize(1, overviews - 1);
        if (leastWidth > BlockSize || leastHeight > BlockSize)
            throw new GdalException($"{FileName} was written without its overviews");

        if (ReadBack(cog, cancellation) != _written.Value)
            throw new GdalException($"{FileName} does not read back as it was written");
        for (int level = 0; level < overviews; level++)
            cog.CheckOverview(1, level);
    }

    private ulong ReadBack(Raster cog, CancellationToken cancellation)
    {
        int width = _job.Rect.Width, height = _job.Rect.Height;
        var read = new PixelHash();
        var block = PixelPool.Shared.Rent(_bands.Length * BlockSize * BlockSize);
        try
        {
            for (int y = 0; y < height; y += BlockSize)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int x = 0; x < width; x += BlockSize)
                {
                    int columns = Math.Min(BlockSize, width - x), rows = Math.Min(BlockSize, height - y);
                    cog.Read<byte>(x, y, columns, rows, _bands, block.AsSpan(0, _bands.Length * rows * columns));
                    for (int band = 0; band < _bands.Length; band++)
                    {
                        for (int row = 0; row < rows; row++)
                            read.Add(band, y + row, x, block.AsSpan(((band * rows) + row) * columns, columns));
                    }
                }
            }
        }
        finally
        {
            PixelPool.Shared.Return(block);
        }

        return read.Value;
    }
}
