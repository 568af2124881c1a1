using Microsoft.Win32.SafeHandles;

namespace Flair.Source;

/// <summary>Whole blocks of a file, as they are kept: a cell of the grid that cuts it.</summary>
/// <param name="Source">The file, its bands, their type and the grid.</param>
/// <param name="Column">Column of cells, from 0.</param>
/// <param name="Row">Row of cells, from 0.</param>
internal readonly record struct CellKey(string Source, int Column, int Row);

/// <summary>Where a cell is kept.</summary>
/// <param name="LastUnit">The last unit that needs it, which names the file.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Rect">What is kept of the cell, in the raster's own columns and rows; [band][row][column].</param>
internal sealed record KeptCell(int LastUnit, long Offset, GridRect Rect);

/// <summary>
/// Decoded blocks that later units of a run need too, so that no block is decoded twice: neighbouring units read the same blocks where their margins
/// meet. They lie in temporary files, one for all that is needed last by the same unit, which is removed after it: so memory does not grow with the
/// run, and disk only with the width of the map. What finds no room, or cannot be written or read, is simply decoded again. Safe to use from several threads.
/// </summary>
public sealed class KeptBlocks : IDisposable
{
    /// <summary>Bytes kept at once, at most.</summary>
    public const long MostBytes = 8L << 30;

    /// <summary>Bytes of the disk that are left to the run's outputs.</summary>
    public const long LeastFreeBytes = 2L << 30;

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<GridRect> _areas;
    private readonly RectIndex _index;
    private readonly string _folder;
    private readonly long _most;
    private readonly Func<long> _free;
    private readonly Dictionary<CellKey, KeptCell> _cells = [];
    private readonly Dictionary<int, UnitFile> _files = [];
    private bool _failed;

    /// <summary>Prepares to keep blocks; writes nothing yet.</summary>
    /// <param name="areas">What each unit of the run reads of the mosaic, in the order in which units are read; more does no harm but to the disk.</param>
    /// <param name="folder">Where the files go; made when needed, removed at the end.</param>
    /// <param name="most">Bytes kept at once, at most.</param>
    public KeptBlocks(IReadOnlyList<GridRect> areas, string folder, long most = MostBytes)
        : this(areas, folder, most, () => new DriveInfo(folder).AvailableFreeSpace - LeastFreeBytes)
    {
    }

    internal KeptBlocks(IReadOnlyList<GridRect> areas, string folder, long most, Func<long> free)
    {
        _areas = areas;
        _index = new RectIndex(areas);
        _folder = folder;
        _most = most;
        _free = free;
    }

    /// <summary>Bytes kept now.</summary>
    public long Bytes { get; private set; }

    /// <summary>The units after one, in order, that read something of an area of the mosaic.</summary>
    internal IEnumerable<(int Unit, GridRect Area)> After(int unit, GridRect area) => _index.In(area).Where(later => later > unit).Select(later => (later, _areas[later]));

    /// <summary>Where a cell is kept, or null.</summary>
    internal KeptCell? Find(CellKey key)
    {
        lock (_gate)
            return _cells.GetValueOrDefault(key);
    }

    /// <summary>Makes room for a part of a cell, or returns null where there is none. The room is used by <see cref="TryKeep"/> or given back by <see cref="GiveBack"/>.</summary>
    /// <param name="rect">The part.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="lastUnit">The last unit that needs it.</param>
    internal KeptCell? Reserve(GridRect rect, long bytes, int lastUnit)
    {
        lock (_gate)
        {
            if (_failed || Bytes + bytes > _most)
                return null;
            if (!_files.TryGetValue(lastUnit, out var file))
            {
                if (!TryMakeFolder())
                    return null;
                _files.Add(lastUnit, file = new UnitFile());
            }

            if (_free() < bytes)
                return null;
            var cell = new KeptCell(lastUnit, file.Length, rect);
            file.Length += bytes;
            file.Bytes += bytes;
            Bytes += bytes;
            return cell;
        }
    }

    /// <summary>Gives room back that was not used; the file has a hole there.</summary>
    internal void GiveBack(KeptCell cell, long bytes)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(cell.LastUnit, out var file))
                return;
            file.Bytes -= bytes;
            Bytes -= bytes;
        }
    }

    /// <summary>Writes a cell's pixels; from then on it is found. When the disk refuses them, nothing more is kept in this run.</summary>
    /// <param name="key">The cell.</param>
    /// <param name="room">The room made for it.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="from">Holds the pixels.</param>
    /// <param name="bands">Bands.</param>
    /// <param name="pool">Where memory comes from.</param>
    internal void TryKeep(CellKey key, KeptCell room, long bytes, DecodedRows from, int bands, BufferPool pool)
    {
        bool kept = false;
        try
        {
            using var handle = Open(room.LastUnit, FileMode.OpenOrCreate, FileAccess.Write);
            from.Save(handle, room.Offset, room.Rect, bands, pool);
            kept = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The block will be decoded again: slower, but the run goes on.
        }

        lock (_gate)
        {
            _failed |= !kept;
            if (kept && _cells.TryAdd(key, room))
            {
                _files[room.LastUnit].Cells.Add(key);
                return;
            }
        }

        GiveBack(room, bytes);
    }

    /// <summary>Reads a part of a kept cell; false when it cannot be.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="part">The part, in the raster's own columns and rows.</param>
    /// <param name="to">Takes the pixels.</param>
    /// <param name="bands">Bands.</param>
    /// <param name="pool">Where memory comes from.</param>
    internal bool TryTake(KeptCell cell, GridRect part, DecodedRows to, int bands, BufferPool pool)
    {
        try
        {
            using var handle = Open(cell.LastUnit, FileMode.Open, FileAccess.Read);
            return to.TryLoad(handle, cell.Offset, cell.Rect, part, bands, pool);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Removes what no unit after this one needs.</summary>
    internal void Finished(int unit)
    {
        lock (_gate)
        {
            if (!_files.Remove(unit, out var file))
                return;
            foreach (var key in file.Cells)
                _cells.Remove(key);
            Bytes -= file.Bytes;
        }

        TryRemove(() => File.Delete(PathOf(unit)));
    }

    /// <summary>Removes all files.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _cells.Clear();
            _files.Clear();
            _failed = true;
            Bytes = 0;
        }

        if (Directory.Exists(_folder))
            TryRemove(() => Directory.Delete(_folder, recursive: true));
    }

    private static void TryRemove(Action remove)
    {
        try
        {
            remove();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next run empties its work folder.
        }
    }

    private bool TryMakeFolder()
    {
        try
        {
            Directory.CreateDirectory(_folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failed = true;
            return false;
        }
    }

    private string PathOf(int unit) => Path.Combine(_folder, $"until-{unit}");

    private SafeFileHandle Open(int unit, FileMode mode, FileAccess access) => File.OpenHandle(PathOf(unit), mode, access, FileShare.ReadWrite | FileShare.Delete);

    private sealed class UnitFile
    {
        public long Length { get; set; }

        public long Bytes { get; set; }

        public List<CellKey> Cells { get; } = [];
    }
}
