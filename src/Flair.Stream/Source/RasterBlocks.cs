using Flair.Gdal;

namespace Flair.Source;

/// <summary>Rows of a file, decoded: [band][row][column], and the parts of them that could not be.</summary>
internal sealed class DecodedRows(GridRect rect, NativeBuffer buffer)
{
    private readonly Lock _gate = new();
    private readonly List<(GridRect Rect, string Message)> _failed = [];

    /// <summary>The pixels, in the file's own columns and rows.</summary>
    public GridRect Rect => rect;

    public NativeBuffer Buffer => buffer;

    /// <summary>What could not be decoded, in the file's own columns and rows.</summary>
    public IReadOnlyList<(GridRect Rect, string Message)> Failed => _failed;

    public void Fail(GridRect part, string message)
    {
        lock (_gate)
            _failed.Add((part, message));
    }
}

/// <summary>Whole compressed blocks to decode into <paramref name="Rows"/>: <paramref name="Part"/> of them, in the file's pixels.</summary>
internal sealed record DecodeJob(RasterBlocks Source, DecodedRows Rows, GridRect Part);

/// <summary>
/// Reads the part of a file that an area needs, from north to south, a whole row of compressed blocks at a time (several, where blocks
/// are short strips), so that each block is decoded once. Rows are decoded when first asked for and kept until they are released.
/// Handles are opened when needed, one for each job that runs at a time, and closed after the last row.
/// <see cref="Prepare"/> and <see cref="Release"/> run alone; between them <see cref="Decode"/>, then <see cref="Line"/>, on any threads.
/// </summary>
internal sealed unsafe class RasterBlocks : IDisposable
{
    private const int LeastRows = 256;

    /// <summary>Pixels of a block from which it is read by itself.</summary>
    private const int LeastPixelsAlone = 256 * 256;

    /// <summary>A VRT's blocks are not what its sources compress; 1024 rows meet the blocks of most.</summary>
    private const int RowsOfVrt = 1024;

    private readonly GridRect _wanted;
    private readonly int[] _bands;
    private readonly GdalType _type;
    private readonly int _valueBytes;
    private readonly BufferPool _pool;
    private readonly ReadCounters _counters;
    private readonly int _attempts;
    private readonly int _rowsAtOnce;
    private readonly List<DecodedRows> _rows = [];
    private readonly Lock _gate = new();
    private readonly Stack<Raster> _idle = new();
    private int _next;
    private bool _closed;

    /// <summary>Prepares to read; opens nothing yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="wanted">The part needed, in the file's own columns and rows.</param>
    /// <param name="bands">The bands, from 1.</param>
    /// <param name="type"><see cref="GdalType.Byte"/> or <see cref="GdalType.Float32"/>.</param>
    /// <param name="pool">Where memory comes from.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="attempts">Times a block is tried in all.</param>
    public RasterBlocks(SourceFile file, GridRect wanted, int[] bands, GdalType type, BufferPool pool, ReadCounters counters, int attempts)
    {
        File = file;
        _wanted = wanted;
        _bands = bands;
        _type = type;
        _valueBytes = type == GdalType.Byte ? 1 : sizeof(float);
        _pool = pool;
        _counters = counters;
        _attempts = Math.Max(1, attempts);
        int block = file.Info.BlockHeight;
        _rowsAtOnce = block >= LeastRows ? block : Math.Max(1, (file.Info.Driver == "VRT" ? RowsOfVrt : LeastRows) / block) * block;
        _next = wanted.Y;
    }

    public SourceFile File { get; }

    public IReadOnlyList<DecodedRows> Rows => _rows;

    private bool IsLast => _next >= _wanted.Bottom;

    /// <summary>True when rows above <paramref name="bottom"/> (the file's own) are wanted and not decoded yet.</summary>
    public bool Needs(int bottom) => _next < Math.Min(bottom, _wanted.Bottom);

    /// <summary>The jobs that must run before rows above <paramref name="bottom"/> (the file's own) can be looked at.</summary>
    /// <param name="bottom">One past the last row needed.</param>
    /// <param name="ways">Jobs that a row of blocks is split into, if it has as many blocks.</param>
    /// <param name="leastPixels">Pixels below which a job is not split further.</param>
    public List<DecodeJob> Prepare(int bottom, int ways, int leastPixels)
    {
        List<DecodeJob> jobs = [];
        bottom = Math.Min(bottom, _wanted.Bottom);
        while (_next < bottom)
        {
            int end = Math.Min(((_next / _rowsAtOnce) + 1) * _rowsAtOnce, _wanted.Bottom);
            var rect = new GridRect(_wanted.X, _next, _wanted.Width, end - _next);
            var rows = new DecodedRows(rect, _pool.Rent(rect.Area * _bands.Length * _valueBytes));
            _rows.Add(rows);
            jobs.AddRange(Split(rect, (int)Math.Min(ways, rect.Area / leastPixels)).Select(part => new DecodeJob(this, rows, part)));
            _next = end;
        }

        return jobs;
    }

    /// <summary>Decodes a job's blocks; what cannot be decoded is noted and left undefined.</summary>
    public void Decode(DecodeJob job, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var blocks = BlocksOf(job.Part);
        _counters.Add(blocks.Area, job.Part.Area * _bands.Length * _valueBytes);
        if (TryRead(job.Rows, job.Part) is null)
            return;

        // Some block of the job is at fault: find out which, and save the others.
        for (int row = blocks.Y; row < blocks.Bottom; row++)
        {
            for (int column = blocks.X; column < blocks.Right; column++)
            {
                cancellation.ThrowIfCancellationRequested();
                var info = File.Info;
                var part = new GridRect(column * info.BlockWidth, row * info.BlockHeight, info.BlockWidth, info.BlockHeight).Intersect(job.Part);
                string? message = null;
                for (int attempt = Math.Min(2, _attempts); attempt <= _attempts; attempt++)
                {
                    if ((message = TryRead(job.Rows, part)) is null)
                        break;
                }

                if (message is null)
                    continue;
                job.Rows.Fail(part, message);
            }
        }
    }

    /// <summary>The values of a band in a row, beginning at the first wanted column; <paramref name="row"/> is the file's own.</summary>
    /// <param name="band">Index into the bands read.</param>
    /// <param name="row">A row that was prepared, decoded and not released.</param>
    public byte* Line(int band, int row)
    {
        var rows = Find(row);
        long line = ((long)band * rows.Rect.Height) + row - rows.Rect.Y;
        return (byte*)rows.Buffer.Pointer + (line * rows.Rect.Width * _valueBytes);
    }

    /// <summary>The first column that <see cref="Line"/> gives, in the file's own.</summary>
    public int FirstColumn => _wanted.X;

    /// <summary>Frees rows that end above <paramref name="top"/> (the file's own), and the handles when all rows are decoded.</summary>
    public void Release(int top)
    {
        for (int i = _rows.Count - 1; i >= 0; i--)
        {
            if (_rows[i].Rect.Bottom > top)
                continue;
            _pool.Return(_rows[i].Buffer);
            _rows.RemoveAt(i);
        }

        if (IsLast)
            CloseHandles();
    }

    public void Dispose()
    {
        foreach (var rows in _rows)
            _pool.Return(rows.Buffer);
        _rows.Clear();
        lock (_gate)
            _closed = true;
        CloseHandles();
    }

    private DecodedRows Find(int row)
    {
        foreach (var rows in _rows)
        {
            if (row >= rows.Rect.Y && row < rows.Rect.Bottom)
                return rows;
        }

        throw new InvalidOperationException($"row {row} of {File.Info.Path} is not decoded");
    }

    private GridRect BlocksOf(GridRect part)
    {
        int width = File.Info.BlockWidth, height = File.Info.BlockHeight;
        int x = part.X / width, y = part.Y / height;
        return new GridRect(x, y, ((part.Right - 1) / width) - x + 1, ((part.Bottom - 1) / height) - y + 1);
    }

    /// <summary>Cuts between blocks only: side by side where there are several, else (striped files) one above the other.</summary>
    private IEnumerable<GridRect> Split(GridRect rect, int ways)
    {
        var blocks = BlocksOf(rect);
        int columns = Math.Clamp(ways, 1, blocks.Width), rows = columns > 1 ? 1 : Math.Clamp(ways, 1, blocks.Height);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int left = Cut(blocks.X, blocks.Width, column, columns), right = Cut(blocks.X, blocks.Width, column + 1, columns);
                int top = Cut(blocks.Y, blocks.Height, row, rows), bottom = Cut(blocks.Y, blocks.Height, row + 1, rows);
                yield return new GridRect(
                    left * File.Info.BlockWidth,
                    top * File.Info.BlockHeight,
                    (right - left) * File.Info.BlockWidth,
                    (bottom - top) * File.Info.BlockHeight).Intersect(rect);
            }
        }

        static int Cut(int first, int count, int part, int parts) => first + (int)((long)count * part / parts);
    }

    /// <summary>Null when it was read, else what went wrong.</summary>
    private string? TryRead(DecodedRows rows, GridRect part)
    {
        Raster? raster = null;
        try
        {
            raster = Open();
            foreach (var step in Steps(part))
                Read(raster, rows, step);
        }
        catch (GdalException fault)
        {
            // A handle that failed once may go on failing (half-read codestreams, /vsi caches): the next try opens the file again.
            raster?.Dispose();
            return fault.Message;
        }

        lock (_gate)
        {
            if (!_closed)
            {
                _idle.Push(raster);
                return null;
            }
        }

        raster.Dispose();
        return null;
    }

    /// <summary>
    /// What is read at a time. The JPEG 2000 driver decodes all bands of a block at once but reads a wider rectangle band by band, so
    /// that a row of blocks that exceeds GDAL's cache would be decoded once a band: large blocks are read one by one.
    /// </summary>
    private IEnumerable<GridRect> Steps(GridRect part)
    {
        int width = File.Info.BlockWidth, height = File.Info.BlockHeight;
        if (width * (long)height < LeastPixelsAlone || File.Info.Driver == "VRT")
            return [part];
        var blocks = BlocksOf(part);
        return from row in Enumerable.Range(blocks.Y, blocks.Height)
               from column in Enumerable.Range(blocks.X, blocks.Width)
               select new GridRect(column * width, row * height, width, height).Intersect(part);
    }

    private void Read(Raster raster, DecodedRows rows, GridRect part)
    {
        var target = (byte*)rows.Buffer.Pointer + ((((long)(part.Y - rows.Rect.Y) * rows.Rect.Width) + part.X - rows.Rect.X) * _valueBytes);
        long line = (long)rows.Rect.Width * _valueBytes;
        raster.Read(part.X, part.Y, part.Width, part.Height, _bands, _type, target, part.Width, part.Height, _valueBytes, line, line * rows.Rect.Height);
    }

    private Raster Open()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out var idle))
                return idle;
        }

        var raster = Raster.Open(File.Info.Path);
        _counters.Opened();
        if (raster.Width == File.Info.Width && raster.Height == File.Info.Height && raster.BandCount == File.Info.Bands.Count)
            return raster;
        raster.Dispose();
        throw new GdalException($"{File.Info.Path} is not the raster that it was when the run began");
    }

    private void CloseHandles()
    {
        lock (_gate)
        {
            while (_idle.TryPop(out var raster))
                raster.Dispose();
        }
    }
}
