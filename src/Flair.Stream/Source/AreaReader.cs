using Flair.Gdal;

namespace Flair.Source;

/// <summary>
/// Reads an area of a <see cref="Mosaic"/> from north to south, in strips of its full width. Every compressed block that has a pixel
/// of the area is decoded once, several at a time; or taken from <see cref="KeptBlocks"/>, where another area had it decoded. A pixel's value depends on the mosaic and its place alone, not on the area or
/// the strips. While a strip is put together, the next one is decoded. One caller at a time; the strips are the caller's and outlive the reader.
/// </summary>
public sealed class AreaReader : IDisposable
{
    /// <summary>
    /// Rows that are decoded ahead: the next row of compressed blocks, when the one before is not quite used up. No more, as two of them then wait decoded.
    /// </summary>
    private const int RowsAhead = 768;

    /// <summary>Pixels for which a job of its own, and perhaps a handle, is worth the trouble.</summary>
    internal const int LeastPixelsOfJob = 256 * 1024;

    private readonly Mosaic _mosaic;
    private readonly ReadOptions _options;
    private readonly GridRect _area;
    private readonly KeptBlocks? _kept;
    private readonly int _unit;
    private readonly ReadResources _shared;
    private readonly BufferPool _pool;
    private readonly bool _isAlone;
    private readonly ReadCounters _counters = new();
    private readonly List<ImageryRows> _imagery = [];
    private readonly List<(HeightProduct Product, ElevationRows Surface, ElevationRows? Terrain)> _heights = [];
    private readonly KnownRows _known;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _decoding = [];
    private int _next;
    private bool _disposed;

    /// <summary>Prepares to read; opens nothing yet.</summary>
    /// <param name="mosaic">What to read.</param>
    /// <param name="area">The pixels wanted; they may lie outside of all tiles.</param>
    /// <param name="options">How many at once, how many tries.</param>
    /// <param name="kept">Where blocks that other areas need too are kept; null where there are none.</param>
    /// <param name="unit">Which of the areas of <paramref name="kept"/> this is. They are read one after the other, in order.</param>
    public AreaReader(Mosaic mosaic, GridRect area, ReadOptions options, KeptBlocks? kept = null, int unit = 0)
        : this(mosaic, area, options, kept, unit, null)
    {
    }

    /// <summary>As the other constructor, with what the readers before and after have too; each gives back the memory that is free when it ends.</summary>
    internal AreaReader(Mosaic mosaic, GridRect area, ReadOptions options, KeptBlocks? kept, int unit, ReadResources? shared)
    {
        ArgumentNullException.ThrowIfNull(mosaic);
        ArgumentNullException.ThrowIfNull(options);
        _isAlone = shared is null;
        _shared = shared ?? ReadResources.For(options);
        _pool = _shared.Pool;
        _mosaic = mosaic;
        _options = options;
        _area = area;
        _kept = kept;
        _unit = unit;
        Strips = StripPlan.Cut(area, mosaic.Imagery[0].Layer.In(area).ConvertAll(file => (file.Rect, file.Info.BlockHeight)));
        var withHalo = mosaic.WithHalo(area);
        foreach (var product in mosaic.Imagery)
            _imagery.Add(new ImageryRows(product, withHalo, mosaic, Open));
        foreach (var height in mosaic.Heights)
        {
            _heights.Add((
                height,
                new ElevationRows(mosaic.Grid, height.Surface, area, _pool, Open),
                height.Terrain is { } terrain ? new ElevationRows(mosaic.Grid, terrain, area, _pool, Open) : null));
        }

        _known = new KnownRows(_imagery, withHalo, mosaic.HasSuspects(area), mosaic.Samples, mosaic.Nodata, _pool);
    }

    /// <summary>The strips, north to south; they cover the area exactly, most of them about 256 rows high.</summary>
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
        return Task.Run(() => ReadAheadAsync(stripIndex, ct), ct);
    }

    /// <summary>Begins to decode the first strip, which <see cref="ReadAsync(int, CancellationToken)"/> then finds done, or nearly so.</summary>
    public void Begin()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_decoding.Count == 0 && Strips.Count > 0)
            _decoding.Add(DecodeAsync(Strips[0]));
    }

    /// <summary>Closes the files and frees what is not out in strips, and what was kept for this area at last.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        // Nobody may write to what is freed below.
        _stop.Cancel();
        Task.WhenAll(_decoding).ContinueWith(done => done.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Wait();
        foreach (var product in _imagery)
            product.Dispose();
        foreach (var (_, surface, terrain) in _heights)
        {
            surface.Dispose();
            terrain?.Dispose();
        }

        _known.Dispose();
        if (_isAlone)
            _shared.Dispose();
        else
            _pool.Trim();
        _stop.Dispose();
        _kept?.Finished(_unit);
    }

    private RasterBlocks Open(FileUse use, int[] bands, GdalType type)
    {
        LaterUse? shared = null;
        if (_kept is not null)
            shared = new LaterUse(_kept, [.. _kept.After(_unit, use.Reach).Select(later => (later.Unit, use.Of(later.Area))).Where(later => !later.Item2.IsEmpty)]);
        return new(use.File, use.Of(_area), bands, type, _pool, _counters, _options.Attempts, shared);
    }

    private async Task<Strip> ReadAheadAsync(int index, CancellationToken cancellation)
    {
        int ahead = Strips[index].Bottom + RowsAhead;
        for (int i = _decoding.Count; i < Strips.Count && (i <= index + 1 || Strips[i].Y < ahead); i++)
            _decoding.Add(DecodeAsync(Strips[i]));
        await _shared.Decoders.Hurry(_decoding[index], cancellation).ConfigureAwait(false);
        return Compose(index, cancellation);
    }

    private Strip Compose(int index, CancellationToken cancellation)
    {
        var rect = Strips[index];
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

    /// <summary>Begins to decode whatever a strip needs and is not there yet.</summary>
    private Task DecodeAsync(GridRect rect)
    {
        var needed = new List<(RasterBlocks File, int Bottom)>();
        foreach (var file in _imagery.SelectMany(product => product.Files))
            needed.Add((file, rect.Bottom + _known.Halo - file.File.Rect.Y));
        foreach (var elevation in Elevations())
            needed.AddRange(elevation.Files.Select(file => (file, elevation.Needs(rect).Bottom - file.File.Rect.Y)));
        needed.RemoveAll(each => !each.File.Needs(each.Bottom));
        int ways = needed.Count == 0 || Parallelism == 1 ? 1 : ((2 * Parallelism) + needed.Count - 1) / needed.Count;
        var jobs = needed.SelectMany(each => each.File.Prepare(each.Bottom, ways, LeastPixelsOfJob)).OrderByDescending(job => job.Part.Area).ToList();
        return Task.WhenAll(jobs.Select(StartAsync).ToList());
    }

    private Task StartAsync(DecodeJob job)
    {
        var file = job.Source;
        var decoding = file.IsInOrder
            ? file.Last.ContinueWith(_ => file.Decode(job, _stop.Token), CancellationToken.None, TaskContinuationOptions.None, _shared.Decoders)
            : Task.Factory.StartNew(() => file.Decode(job, _stop.Token), CancellationToken.None, TaskCreationOptions.None, _shared.Decoders);
        return file.Last = decoding;
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
