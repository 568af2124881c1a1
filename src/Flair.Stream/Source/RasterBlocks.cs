using Flair.Gdal;
using Flair.Telemetry;
using Flair.OpenJpeg;

namespace Flair.Source;

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

    /// <summary>A VRT's blocks are not what its sources compress; 1024 rows meet the blocks of most.</summary>
    private const int RowsOfVrt = 1024;

    private readonly GridRect _wanted;
    private readonly int[] _bands;
    private readonly GdalType _type;
    private readonly int _valueBytes;
    private readonly BufferPool _pool;
    private readonly ReadCounters _counters;
    private readonly int _attempts;
    private readonly List<DecodedRows> _rows = [];
    private readonly Lock _gate = new();
    private readonly Stack<IBlockHandle> _idle = new();
    private BlockCut? _cut;
    private bool _direct;
    private int _threads = 1;

    /// <summary>True when a block could not be read for good: the others are tried as often, but nothing is waited for any more.</summary>
    private bool _hopeless;
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
        _next = wanted.Y;
    }

    public SourceFile File { get; }

    public IReadOnlyList<DecodedRows> Rows => _rows;

    private bool IsLast => _next >= _wanted.Bottom;

    private BlockCut Cut => _cut ?? throw new InvalidOperationException($"{File.Info.Path} is not prepared");

    private BlockCut GdalCut => new(File.Info.BlockWidth, File.Info.BlockHeight, false);

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
        if (_next < bottom && _cut is null)
            Start(ways);
        while (_next < bottom)
        {
            int at = Cut.InOrder ? bottom - 1 : _next, rowsAtOnce = RowsAtOnce();
            int end = Math.Min(((at / rowsAtOnce) + 1) * rowsAtOnce, _wanted.Bottom);
            var rect = new GridRect(_wanted.X, _next, _wanted.Width, end - _next);
            var rows = new DecodedRows(rect, _valueBytes, _pool.Rent(rect.Area * _bands.Length * _valueBytes));
            _rows.Add(rows);
            int parts = Cut.InOrder ? 1 : (int)Math.Min(ways, rect.Area / leastPixels);
            jobs.AddRange(Split(rect, parts).Select(part => new DecodeJob(this, rows, part)));
            _next = end;
        }

        return jobs;
    }

    /// <summary>Decodes a job's blocks; what cannot be decoded is noted and left undefined.</summary>
    public void Decode(DecodeJob job, CancellationToken cancellation)
    {
        _counters.Begin(job, File.Info.Path);
        try
        {
            DecodeBlocks(job, cancellation);
        }
        finally
        {
            _counters.End(job);
        }
    }

    private void DecodeBlocks(DecodeJob job, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _counters.Add(BlocksOf(job.Part, Cut).Area, job.Part.Area * _bands.Length * _valueBytes);
        if ((File.Info.Quarantined ?? TryRead(job.Rows, job.Part, _direct)) is not { } first)
            return;
        if (File.Info.Quarantined is not null)
        {
            job.Rows.Fail(job.Part, first);
            return;
        }

        // Some block of the job is at fault: find out which, and save the others. What fails is tried again together, so that a job waits
        // a few times at most, however many its blocks are.
        var failed = GdalBlocksOf(job.Part).ConvertAll(part => (Part: part, Message: first));
        bool again = false;
        ReadRetry.Pipeline(_attempts, waits: !Volatile.Read(ref _hopeless)).Execute(
            stop =>
            {
                if (again)
                {
                    FlairMeter.Retries.Add(failed.Count);
                    failed = Failing(failed, job.Rows, stop);
                }

                again = true;
                return failed.Count;
            },
            cancellation);
        if (failed.Count == 0)
            return;
        Volatile.Write(ref _hopeless, true);
        foreach (var (part, message) in failed)
            job.Rows.Fail(part, _attempts > 1 ? $"{message} (tried {_attempts} times)" : message);
    }

    /// <summary>The values of a band in a row, beginning at the first wanted column; <paramref name="row"/> is the file's own.</summary>
    /// <param name="band">Index into the bands read.</param>
    /// <param name="row">A row that was prepared, decoded and not released.</param>
    public byte* Line(int band, int row)
    {
        var rows = Find(row);
        return rows.At(band, rows.Rect.X, row);
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

    private static GridRect BlocksOf(GridRect part, BlockCut cut)
    {
        int x = part.X / cut.Width, y = part.Y / cut.Height;
        return new GridRect(x, y, ((part.Right - 1) / cut.Width) - x + 1, ((part.Bottom - 1) / cut.Height) - y + 1);
    }

    /// <summary>Rows that are decoded together.</summary>
    private int RowsAtOnce()
    {
        int block = Cut.Height;
        return block >= LeastRows ? block : Math.Max(1, (File.Info.Driver == "VRT" ? RowsOfVrt : LeastRows) / block) * block;
    }

    /// <summary>Sees whether the file can be decoded without GDAL, which decides how it is cut.</summary>
    private void Start(int ways)
    {
        if (File.Info.Quarantined is not null)
        {
            _cut = GdalCut;
            return;
        }

        using var entry = DecodeLedger.Note(File.Info.Path, DecodePhase.Decoding);
        var handle = Jpeg2000Blocks.TryOpen(File.Info, _bands, _type, _threads);
        _direct = handle is not null;
        _cut = handle?.Cut ?? GdalCut;
        if (handle is null)
            return;

        // A file that one handle decodes gets threads in place of the handles (half of the ways are there to keep the cores busy to the end).
        if (_cut.InOrder && ways / 2 > 1)
        {
            _threads = ways / 2;
            handle.Dispose();
            return;
        }

        _counters.Opened();
        _idle.Push(handle);
    }

    /// <summary>Cuts between blocks only: side by side where there are several, else (striped files) one above the other.</summary>
    private IEnumerable<GridRect> Split(GridRect rect, int ways)
    {
        var cut = Cut;
        var blocks = BlocksOf(rect, cut);
        int columns = Math.Clamp(ways, 1, blocks.Width), rows = columns > 1 ? 1 : Math.Clamp(ways, 1, blocks.Height);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int left = Edge(blocks.X, blocks.Width, column, columns), right = Edge(blocks.X, blocks.Width, column + 1, columns);
                int top = Edge(blocks.Y, blocks.Height, row, rows), bottom = Edge(blocks.Y, blocks.Height, row + 1, rows);
                yield return new GridRect(
                    left * cut.Width,
                    top * cut.Height,
                    (right - left) * cut.Width,
                    (bottom - top) * cut.Height).Intersect(rect);
            }
        }

        static int Edge(int first, int count, int part, int parts) => first + (int)((long)count * part / parts);
    }

    private List<GridRect> GdalBlocksOf(GridRect part)
    {
        var blocks = BlocksOf(part, GdalCut);
        int width = File.Info.BlockWidth, height = File.Info.BlockHeight;
        return
        [
            .. from row in Enumerable.Range(blocks.Y, blocks.Height)
               from column in Enumerable.Range(blocks.X, blocks.Width)
               select new GridRect(column * width, row * height, width, height).Intersect(part),
        ];
    }

    /// <summary>Tries blocks, and keeps those that fail.</summary>
    private List<(GridRect Part, string Message)> Failing(List<(GridRect Part, string Message)> blocks, DecodedRows rows, CancellationToken stop)
    {
        List<(GridRect Part, string Message)> failing = [];
        foreach (var (part, _) in blocks)
        {
            stop.ThrowIfCancellationRequested();
            if (TryRead(rows, part, direct: false) is { } message)
                failing.Add((part, message));
        }

        return failing;
    }

    /// <summary>Null when it was read, else what went wrong.</summary>
    private string? TryRead(DecodedRows rows, GridRect part, bool direct)
    {
        using var entry = DecodeLedger.Note(File.Info.Path, DecodePhase.Decoding);
        IBlockHandle? handle = null;
        try
        {
            handle = Open(direct);
            handle.Read(rows, part);
        }
        catch (Exception fault) when (fault is GdalException or OpenJpegException)
        {
            // A handle that failed once may go on failing (half-read codestreams, /vsi caches): the next try opens the file again.
            handle?.Dispose();
            return fault.Message;
        }

        lock (_gate)
        {
            if (!_closed && direct == _direct)
            {
                _idle.Push(handle);
                return null;
            }
        }

        handle.Dispose();
        return null;
    }

    private IBlockHandle Open(bool direct)
    {
        lock (_gate)
        {
            if (direct == _direct && _idle.TryPop(out var idle))
                return idle;
        }

        var handle = (direct ? Jpeg2000Blocks.TryOpen(File.Info, _bands, _type, _threads) : null) ?? (IBlockHandle)GdalBlocks.Open(File.Info, _bands, _type);
        _counters.Opened();
        return handle;
    }

    private void CloseHandles()
    {
        lock (_gate)
        {
            while (_idle.TryPop(out var handle))
                handle.Dispose();
        }
    }
}
