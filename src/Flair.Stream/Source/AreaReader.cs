using Flair.Gdal;

namespace Flair.Source;

/// <summary>
/// Reads an area of a <see cref="Mosaic"/> from north to south, in strips of its full width. Every compressed block that has a pixel
/// of the area is decoded once, several at a time. A pixel's value depends on the mosaic and its place alone, not on the area or
/// the strips. One caller at a time; the strips are the caller's and outlive the reader.
/// </summary>
public sealed class AreaReader : IDisposable
{
    private const int BuffersKept = 12;

    /// <summary>Pixels for which a job of its own, and perhaps a handle, is worth the trouble.</summary>
    private const int LeastPixelsOfJob = 256 * 1024;

    private readonly Mosaic _mosaic;
    private readonly ReadOptions _options;
    private readonly BufferPool _pool = new(BuffersKept);
    private readonly ReadCounters _counters = new();
    private readonly List<ImageryRows> _imagery = [];
    private readonly List<(HeightProduct Product, ElevationRows Surface, ElevationRows? Terrain)> _heights = [];
    private readonly KnownRows _known;
    private int _next;
    private bool _disposed;

    /// <summary>Prepares to read; opens nothing yet.</summary>
    /// <param name="mosaic">What to read.</param>
    /// <param name="area">The pixels wanted; they may lie outside of all tiles.</param>
    /// <param name="options">How many at once, how many tries.</param>
    public AreaReader(Mosaic mosaic, GridRect area, ReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(mosaic);
        ArgumentNullException.ThrowIfNull(options);
        _mosaic = mosaic;
        _options = options;
        var primary = mosaic.Imagery[0].Layer.In(area).MaxBy(file => file.Rect.Intersect(area).Area);
        Strips = StripPlan.Cut(area, primary?.Info.BlockHeight ?? 512, primary?.Rect.Y ?? 0);
        var withHalo = mosaic.WithHalo(area);
        foreach (var product in mosaic.Imagery)
            _imagery.Add(new ImageryRows(product, withHalo, mosaic.Samples, mosaic.Nodata, Open));
        foreach (var height in mosaic.Heights)
        {
            _heights.Add((
                height,
                new ElevationRows(mosaic.Grid, height.Surface, area, _pool, Open),
                height.Terrain is { } terrain ? new ElevationRows(mosaic.Grid, terrain, area, _pool, Open) : null));
        }

        _known = new KnownRows(_imagery, withHalo, mosaic.HasSuspects(area), mosaic.Samples, mosaic.Nodata, _pool);
    }

    /// <summary>The strips, north to south; they cover the area exactly, most of them 256 to 1024 rows high.</summary>
    public IReadOnlyList<GridRect> Strips { get; }

    /// <summary>Compressed blocks decoded so far, all files together; retries are not counted again.</summary>
    public long BlocksDecoded => _counters.Blocks;

    /// <summary>Bytes of decoded pixels so far, as they lie in memory.</summary>
    public long BytesDecoded => _counters.Bytes;

    /// <summary>Times a file was opened so far: several for one that is decoded in several places at once.</summary>
    public int FilesOpened => _counters.FilesOpened;

    /// <summary>The files that are being decoded at this moment, for a message: <c>, decoding a.tif</c>; empty when there are none.</summary>
    internal string FilesInHand => _counters.InHand is { Count: > 0 } files ? $", decoding {string.Join(", ", files)}" : "";

    private int Parallelism => _options.Parallelism;

    /// <summary>
    /// Reads the next strip. Strips are asked for in order, one at a time; earlier ones may still be in use.
    /// </summary>
    /// <param name="stripIndex">Index into <see cref="Strips"/>: 0, then 1, and so on.</param>
    /// <param name="ct">Stops between blocks.</param>
    /// <returns>The strip; whoever gets it disposes of it. Blocks that cannot be read are unknown in it and listed as failures.</returns>
    public Task<Strip> ReadAsync(int stripIndex, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (stripIndex != _next || stripIndex >= Strips.Count)
            throw new InvalidOperationException($"strip {stripIndex} was asked for; the next of {Strips.Count} is {_next}");
        _next++;
        return Task.Run(() => Read(stripIndex, ct), ct);
    }

    /// <summary>Closes the files and frees what is not out in strips.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var product in _imagery)
            product.Dispose();
        foreach (var (_, surface, terrain) in _heights)
        {
            surface.Dispose();
            terrain?.Dispose();
        }

        _known.Dispose();
        _pool.Dispose();
    }

    private RasterBlocks Open(SourceFile file, GridRect wanted, int[] bands, GdalType type) =>
        new(file, wanted, bands, type, _pool, _counters, _options.Attempts);

    private Strip Read(int index, CancellationToken cancellation)
    {
        var rect = Strips[index];
        Decode(rect, cancellation);
        Parallel.ForEach(Elevations(), Limit(cancellation), each => each.Assemble(rect));

        long sampleBytes = _mosaic.Samples == SampleType.UInt8 ? 1 : sizeof(float);
        var planes = _pool.Rent(rect.Area * _mosaic.ChannelCount * sampleBytes);
        var known = _pool.Rent(rect.Area);
        try
        {
            _known.Compute(rect, known, Limit(cancellation));
            var composer = new StripComposer(_mosaic, _imagery, _heights, _known, rect, planes, known);
            Parallel.For(0, rect.Height, Limit(cancellation), composer.Scratch, (row, _, scratch) => composer.Row(rect.Y + row, scratch), _ => { });
            var failures = Failures(rect);
            Release(index + 1 < Strips.Count ? Strips[index + 1] : null);
            return new Strip(rect, _mosaic.Samples, _mosaic.ChannelCount, planes, known, _pool, failures);
        }
        catch
        {
            _pool.Return(planes);
            _pool.Return(known);
            throw;
        }
    }

    /// <summary>Decodes whatever a strip needs and is not there yet.</summary>
    private void Decode(GridRect rect, CancellationToken cancellation)
    {
        var needed = new List<(RasterBlocks File, int Bottom)>();
        foreach (var file in _imagery.SelectMany(product => product.Files))
            needed.Add((file, rect.Bottom + _known.Halo - file.File.Rect.Y));
        foreach (var elevation in Elevations())
            needed.AddRange(elevation.Files.Select(file => (file, elevation.Needs(rect).Bottom - file.File.Rect.Y)));
        needed.RemoveAll(each => !each.File.Needs(each.Bottom));
        int ways = needed.Count == 0 || Parallelism == 1 ? 1 : ((2 * Parallelism) + needed.Count - 1) / needed.Count;
        var jobs = needed.SelectMany(each => each.File.Prepare(each.Bottom, ways, LeastPixelsOfJob)).OrderByDescending(job => job.Part.Area).ToList();
        Parallel.ForEach(jobs, Limit(cancellation), job => job.Source.Decode(job, cancellation));
    }

    private void Release(GridRect? next)
    {
        foreach (var file in _imagery.SelectMany(product => product.Files))
            file.Release(next is { } rect ? rect.Y - file.File.Rect.Y : int.MaxValue);
        foreach (var elevation in Elevations())
        {
            elevation.Free();
            foreach (var file in elevation.Files)
                file.Release(next is { } rect ? elevation.Needs(rect).Y - file.File.Rect.Y : int.MaxValue);
        }
    }

    /// <summary>What failed in a strip: one entry a file, with the smallest rectangle around it.</summary>
    private List<ReadFailure> Failures(GridRect rect)
    {
        List<ReadFailure> failures = [];
        foreach (var file in _imagery.SelectMany(product => product.Files))
            Add(file, failed => failed);
        foreach (var (product, surface, terrain) in _heights)
        {
            foreach (var file in surface.Files)
                Add(file, failed => ElevationSampling.Touched(_mosaic.Grid, product.Surface.Grid, failed));
            foreach (var file in terrain?.Files ?? [])
                Add(file, failed => ElevationSampling.Touched(_mosaic.Grid, product.Terrain!.Grid, failed));
        }

        return failures;

        void Add(RasterBlocks file, Func<GridRect, GridRect> touched)
        {
            GridRect area = default;
            string? message = null;
            foreach (var (failed, reason) in file.Rows.SelectMany(rows => rows.Failed))
            {
                var hit = touched(failed with { X = failed.X + file.File.Rect.X, Y = failed.Y + file.File.Rect.Y }).Intersect(rect);
                if (hit.IsEmpty)
                    continue;
                area = area.Union(hit);
                message ??= reason;
            }

            if (message is not null)
                failures.Add(new ReadFailure(file.File.Info.Path, message, area));
        }
    }

    private IEnumerable<ElevationRows> Elevations()
    {
        foreach (var (_, surface, terrain) in _heights)
        {
            yield return surface;
            if (terrain is not null)
                yield return terrain;
        }
    }

    private ParallelOptions Limit(CancellationToken cancellation) => new() { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellation };
}
