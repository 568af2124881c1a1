using Flair.Gdal;
using Flair.OpenJpeg;
using Flair.Telemetry;

namespace Flair.Source;

/// <summary>Whole compressed blocks to decode into <paramref name="Rows"/>: <paramref name="Part"/> of them, in the file's pixels.</summary>
internal sealed record DecodeJob(RasterBlocks Source, DecodedRows Rows, GridRect Part);

/// <summary>What a file's blocks are kept for.</summary>
/// <param name="Kept">Where they are kept.</param>
/// <param name="Later">The parts of the file that units after this one read, in order; none is empty.</param>
internal sealed record LaterUse(KeptBlocks Kept, IReadOnlyList<(int Unit, GridRect Part)> Later);

/// <summary>
/// Reads the part of a file that an area needs, from north to south, a whole row of compressed blocks at a time (several, where blocks
/// are short strips), so that each block is decoded once. Rows are decoded when first asked for and kept until they are released; blocks that other
/// units have decoded are taken from where they were kept, and those that other units will need are kept there.
/// Handles are opened when needed, one for each job that runs at a time, and closed after the last job.
/// <see cref="Prepare"/>, <see cref="Line"/> and <see cref="Release"/> are one caller's; <see cref="Decode"/> runs on any threads meanwhile.
/// </summary>
internal sealed unsafe class RasterBlocks : IDisposable
{
    private const int LeastRows = 256;

    /// <summary>A VRT's blocks are not what its sources compress; 1024 rows meet the blocks of most.</summary>
    private const int RowsOfVrt = 1024;

    /// <summary>Columns and rows of blocks that are worth keeping by themselves; smaller ones are kept together.</summary>
    private const int LeastColumnsKept = 256;
    private const int LeastRowsKept = 64;

    private readonly GridRect _wanted;
    private readonly int[] _bands;
    private readonly GdalType _type;
    private readonly int _valueBytes;
    private readonly BufferPool _pool;
    private readonly ReadCounters _counters;
    private readonly int _attempts;
    private readonly LaterUse? _shared;
    private readonly List<DecodedRows> _rows = [];
    private readonly Lock _gate = new();
    private readonly Stack<IBlockHandle> _idle = new();
    private BlockCut? _cut;
    private string _source = "";
    private bool _direct;
    private int _threads = 1;

    /// <summary>True when a block could not be read for good: the others are tried as often, but nothing is waited for any more.</summary>
    private bool _hopeless;
    private int _next;
    private int _jobs;
    private bool _closed;

    /// <summary>Prepares to read; opens nothing yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="wanted">The part needed, in the file's own columns and rows.</param>
    /// <param name="bands">The bands, from 1; the last may be <see cref="NodataRule.MaskBand"/>.</param>
    /// <param name="type"><see cref="GdalType.Byte"/> or <see cref="GdalType.Float32"/>.</param>
    /// <param name="pool">Where memory comes from.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="attempts">Times a block is tried in all.</param>
    /// <param name="shared">Where blocks are kept for other units; null where there are none.</param>
    public RasterBlocks(
        SourceFile file, GridRect wanted, int[] bands, GdalType type, BufferPool pool, ReadCounters counters, int attempts, LaterUse? shared = null)
    {
        File = file;
        _wanted = wanted;
        _bands = bands;
        _type = type;
        _valueBytes = type == GdalType.Byte ? 1 : sizeof(float);
        _pool = pool;
        _counters = counters;
        _attempts = Math.Max(1, attempts);
        // A VRT's blocks are not those of its sources.
        _shared = file.Info.Driver == "VRT" ? null : shared;
        _next = wanted.Y;
    }

    public SourceFile File { get; }

    public IReadOnlyList<DecodedRows> Rows => _rows;

    private bool IsLast => _next >= _wanted.Bottom;

    private BlockCut Cut => _cut ?? throw new InvalidOperationException($"{File.Info.Path} is not prepared");

    /// <summary>What is kept at a time: a block, or neighbouring ones where they are small.</summary>
    private BlockCut Cell => new(Multiple(Cut.Width, LeastColumnsKept), Multiple(Cut.Height, LeastRowsKept), Cut.InOrder);

    private BlockCut GdalCut => new(File.Info.BlockWidth, File.Info.BlockHeight, false);

    /// <summary>True when each of its jobs has to wait for the one before.</summary>
    public bool IsInOrder => _cut?.InOrder == true;

    /// <summary>The job prepared last; done when there is none.</summary>
    public Task Last { get; set; } = Task.CompletedTask;

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
            lock (_gate)
                _next = end;
        }

        lock (_gate)
            _jobs += jobs.Count;
        return jobs;
    }

    /// <summary>Decodes a job's blocks, or takes them from where they are kept; what cannot be decoded is noted and left undefined.</summary>
    public void Decode(DecodeJob job, CancellationToken cancellation)
    {
        _counters.Begin(job, File.Info.Path);
        try
        {
            DecodeCells(job, cancellation);
        }
        finally
        {
            _counters.End(job);
            bool last;
            lock (_gate)
                last = --_jobs == 0 && IsLast;
            if (last)
                CloseHandles();
        }
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

    /// <summary>Frees rows that end above <paramref name="top"/> (the file's own); they are decoded.</summary>
    public void Release(int top)
    {
        for (int i = _rows.Count - 1; i >= 0; i--)
        {
            if (_rows[i].Rect.Bottom > top)
                continue;
            _pool.Return(_rows[i].Buffer);
            _rows.RemoveAt(i);
        }
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

    private void DecodeCells(DecodeJob job, CancellationToken cancellation)
    {
        _counters.Add(0, job.Part.Area * _bands.Length * _valueBytes);
        if (File.Info.Quarantined is { } reason)
        {
            job.Rows.Fail(job.Part, reason);
            return;
        }

        if (_shared is null)
        {
            DecodePart(job.Rows, job.Part, null, cancellation);
            return;
        }

        var (cells, cell) = (BlocksOf(job.Part, Cell), Cell);
        for (int row = cells.Y; row < cells.Bottom; row++)
        {
            // Cells that no other unit needs are decoded together.
            GridRect own = default;
            for (int column = cells.X; column < cells.Right; column++)
            {
                var rect = new GridRect(column * cell.Width, row * cell.Height, cell.Width, cell.Height);
                if (!TryShared(job.Rows, new CellKey(_source, column, row), rect, job.Part, cancellation))
                {
                    own = own.Union(rect.Intersect(job.Part));
                    continue;
                }

                DecodePart(job.Rows, own, null, cancellation);
                own = default;
            }

            DecodePart(job.Rows, own, null, cancellation);
        }
    }

    private static int Multiple(int of, int least) => of * ((least + of - 1) / of);

    /// <summary>Decodes whole blocks.</summary>
    /// <param name="rows">Takes them.</param>
    /// <param name="part">Which; may be empty.</param>
    /// <param name="fault">What went wrong when they were tried; null when they were not yet.</param>
    /// <param name="cancellation">Stops it between two blocks.</param>
    private void DecodePart(DecodedRows rows, GridRect part, string? fault, CancellationToken cancellation)
    {
        if (part.IsEmpty)
            return;
        cancellation.ThrowIfCancellationRequested();
        if (fault is null)
        {
            _counters.Add(BlocksOf(part, Cut).Area, 0);
            fault = TryRead(rows, part, _direct);
        }

        if (fault is not { } first)
            return;

        // Some block of the part is at fault: find out which, and save the others. What fails is tried again together, so that a job waits
        // a few times at most, however many its blocks are.
        var failed = GdalBlocksOf(part).ConvertAll(block => (Part: block, Message: first));
        bool again = false;
        ReadRetry.Pipeline(_attempts, waits: !Volatile.Read(ref _hopeless)).Execute(
            stop =>
            {
                if (again)
                {
                    FlairMeter.Retries.Add(failed.Count);
                    failed = Failing(failed, rows, stop);
                }

                again = true;
                return failed.Count;
            },
            cancellation);
        if (failed.Count == 0)
            return;
        Volatile.Write(ref _hopeless, true);
        foreach (var (block, message) in failed)
            rows.Fail(block, _attempts > 1 ? $"{message} (tried {_attempts} times)" : message);
    }

    /// <summary>Takes a cell that is kept, or decodes one that others will need and keeps it; false when it is neither.</summary>
    private bool TryShared(DecodedRows rows, CellKey key, GridRect cell, GridRect wanted, CancellationToken cancellation)
    {
        var part = cell.Intersect(wanted);
        var found = _shared!.Kept.Find(key);
        if (found is not null && found.Rect.Contains(part) && _shared.Kept.TryTake(found, part, rows, _bands.Length, _pool))
            return true;

        GridRect later = default;
        int lastUnit = 0;
        foreach (var (unit, read) in _shared.Later)
        {
            var use = read.Intersect(cell);
            if (use.IsEmpty)
                continue;
            later = later.Union(use);
            lastUnit = unit;
        }

        if (later.IsEmpty || found is not null)
            return false;
        long bytes = later.Area * _bands.Length * _valueBytes;
        if (_shared.Kept.Reserve(later, bytes, lastUnit) is not { } room)
            return false;

        // What others need of a block is mostly more than this unit does, or less.
        var whole = later.Union(part);
        var decoded = whole == part ? rows : new DecodedRows(whole, _valueBytes, _pool.Rent(whole.Area * _bands.Length * _valueBytes));
        bool kept = false;
        string? fault;
        try
        {
            cancellation.ThrowIfCancellationRequested();
            _counters.Add(BlocksOf(whole, Cut).Area, 0);
            fault = TryRead(decoded, whole, _direct);
            if (fault is null)
            {
                if (decoded != rows)
                    decoded.Copy(part, rows, _bands.Length);
                kept = true;
                _shared.Kept.TryKeep(key, room, bytes, decoded, _bands.Length, _pool);
            }
        }
        finally
        {
            if (!kept)
                _shared.Kept.GiveBack(room, bytes);
            if (decoded != rows)
                _pool.Return(decoded.Buffer);
        }

        if (fault is not null)
            DecodePart(rows, part, fault, cancellation);
        return true;
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
        int block = Cell.Height;
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
        _source = $"{File.Info.Path}|{_type}|{string.Join(',', _bands)}|{_cut}";
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
        var cut = _shared is null ? Cut : Cell;
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
