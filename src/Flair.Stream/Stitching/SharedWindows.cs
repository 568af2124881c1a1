using System.Runtime.InteropServices;
using Flair.Inference;
using Flair.Kernels;
using Flair.Running;
using Flair.Source;
using Flair.Storage;
using Flair.Windowing;
using Microsoft.Win32.SafeHandles;

namespace Flair.Stitching;

/// <summary>
/// Windows on the border of two units, one after the other in a run: the first one's network computes them, and their logits wait for the second in a
/// temporary file. What is mapped is the same, to the bit, as if both had computed them. The file has no name once it is open, so that it goes with the
/// process however that ends. Windows that find no room in it are computed twice.
/// </summary>
internal sealed class SharedWindows : IDisposable
{
    /// <summary>Bytes of one file, at most; there are two at once.</summary>
    public const long MostBytes = 2L << 30;

    private readonly Dictionary<(GridRect Window, GridRect Core), SharedWindow> _windows;
    private readonly SafeFileHandle _file;
    private readonly int _classes;

    private SharedWindows(Dictionary<(GridRect Window, GridRect Core), SharedWindow> windows, SafeFileHandle file, int classes) =>
        (_windows, _file, _classes) = (windows, file, classes);

    /// <summary>Whether the disk space was given back.</summary>
    public bool IsDisposed => _file.IsClosed;

    /// <summary>Windows that both units lay, without those that an earlier one has computed for the first already.</summary>
    public static IEnumerable<Placement> Of(UnitState first, UnitState second)
    {
        // FLAIR-1's own windows may be drawn elsewhere than they lie; its runs have one raster and so one unit anyway.
        var wanted = second.Rows.SelectMany(row => row).Where(placement => placement.Drawings.Count == 0).Select(Key).ToHashSet();
        return first.Rows.SelectMany(row => row).Where(placement => placement.Drawings.Count == 0 && wanted.Contains(Key(placement)) && first.FromBefore?.Find(placement) is null);
    }

    /// <summary>Makes room for the windows that two units share; null where there are none, or no room for any.</summary>
    /// <param name="first">The unit whose network computes them.</param>
    /// <param name="second">The unit that comes next.</param>
    /// <param name="stitching">How both are stitched.</param>
    public static SharedWindows? Between(UnitState first, UnitState second, SharedStitching stitching)
    {
        Dictionary<(GridRect Window, GridRect Core), SharedWindow> windows = [];
        var bytes = 0L;
        var room = Room(stitching);
        foreach (var placement in Of(first, second))
        {
            var part = (stitching.WholeWindow ? placement.Window : placement.Core).Intersect(second.Unit.Bounds);
            var more = part.Area * stitching.Classes * sizeof(float);
            if (bytes + more > room)
                break;
            windows.Add(Key(placement), new SharedWindow(part, bytes));
            bytes += more;
        }

        return windows.Count > 0 && TryOpen(stitching.Folder, bytes) is { } file ? new SharedWindows(windows, file, stitching.Classes) : null;
    }

    /// <summary>What is shared of a window; null where it is not.</summary>
    public SharedWindow? Find(Placement placement) => _windows.GetValueOrDefault(Key(placement));

    /// <summary>Writes what the second unit needs of a window's logits.</summary>
    /// <param name="shared">The window.</param>
    /// <param name="logits">Some windows'.</param>
    /// <param name="index">Which of them.</param>
    /// <param name="given">The pixels that they are of.</param>
    /// <exception cref="FlairException">The disk refuses them.</exception>
    public void Save(SharedWindow shared, ImageView logits, int index, GridRect given)
    {
        foreach (var band in shared.Bands())
        {
            using var dense = new HostLogits(1, _classes, band.Height, band.Width);
            logits.Part(index, new(band.Y - given.Y, band.X - given.X, band.Height, band.Width)).CopyByPixel(MemoryMarshal.Cast<byte, float>(dense.Bytes));
            OutputGuard.Run("a temporary file in the output's work folder cannot be written", () => RandomAccess.Write(_file, dense.Bytes, OffsetOf(shared, band)));
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="shared">The window.</param>
    /// <param name="band">One of its bands.</param>
    /// <returns>One window's, of the band; the caller's.</returns>
    /// <exception cref="FlairException">The disk does not give it back.</exception>
    public HostLogits Load(SharedWindow shared, GridRect band)
    {
        var logits = new HostLogits(1, _classes, band.Height, band.Width);
        try
        {
            OutputGuard.Run("a temporary file in the output's work folder cannot be read", () =>
            {
                if (FileRange.Read(_file, logits.Bytes, OffsetOf(shared, band)) < logits.Bytes.Length)
                    throw new EndOfStreamException("it is too short");
            });
            return logits;
        }
        catch
        {
            logits.Dispose();
            throw;
        }
    }

    /// <summary>Gives the disk space back.</summary>
    public void Dispose() => _file.Dispose();

    private long OffsetOf(SharedWindow shared, GridRect band) => shared.Offset + ((band.Y - shared.Part.Y) * (long)band.Width * _classes * sizeof(float));

    private static (GridRect Window, GridRect Core) Key(Placement placement) => (placement.Window, placement.Core);

    private static long Room(SharedStitching stitching)
    {
        try
        {
            Directory.CreateDirectory(stitching.Folder);
            return Math.Min(stitching.MostBytes, stitching.FreeBytes());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>A file of that size, so that what is written to it later finds room.</summary>
    private static SafeFileHandle? TryOpen(string folder, long bytes)
    {
        try
        {
            var path = Path.Combine(folder, $"logits-{Guid.NewGuid():N}");
            var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.None, bytes);
            File.Delete(path);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The windows are computed twice: slower, but the run goes on.
            return null;
        }
    }
}

/// <summary>A window that two units share.</summary>
/// <param name="Part">The pixels that the second unit needs.</param>
/// <param name="Offset">Their logits' first byte in the file.</param>
internal sealed record SharedWindow(GridRect Part, long Offset)
{
    // As many rows' logits are written, or read and added, while they are in a core's own cache.
    private const int RowsAtOnce = 16;

    /// <summary>What became of it, once the first unit's windows are cut.</summary>
    public WindowRecord? Record { get; set; }

    /// <summary>Blocks of input files under it that could not be decoded.</summary>
    public IReadOnlyList<ReadFailure> Failures { get; set; } = [];

    /// <summary>Whether the network computes it: its core has data.</summary>
    public bool IsComputed { get; set; }

    /// <summary>The part in bands of a few rows, from north to south.</summary>
    public IEnumerable<GridRect> Bands()
    {
        for (var y = Part.Y; y < Part.Bottom; y += RowsAtOnce)
            yield return Part with { Y = y, Height = Math.Min(RowsAtOnce, Part.Bottom - y) };
    }
}

/// <summary>How units are stitched that share windows.</summary>
/// <param name="Folder">Where temporary files go.</param>
/// <param name="WholeWindow">True where whole windows are blended, false where they are cropped to their cores.</param>
/// <param name="Classes">Classes of the logits.</param>
internal sealed record SharedStitching(string Folder, bool WholeWindow, int Classes)
{
    /// <summary>Bytes of one file, at most.</summary>
    public long MostBytes { get; init; } = SharedWindows.MostBytes;

    /// <summary>Bytes of the disk that may be taken.</summary>
    public Func<long> FreeBytes { get; init; } = () => new DriveInfo(Folder).AvailableFreeSpace - KeptBlocks.LeastFreeBytes;
}
