using System.Collections.Concurrent;
using System.Diagnostics;
using Flair.Indexing;
using Flair.Source;
using Flair.Stitching;
using Flair.Telemetry;
using Flair.Windowing;

namespace Flair.Running;

/// <summary>One work unit on its way through the graph: what the blocks have to know of each other's work on it.</summary>
public sealed class UnitState
{
    private readonly ConcurrentDictionary<SourceTile, long> _begun = new(ReferenceEqualityComparer.Instance);

    /// <summary>Lays out the unit's windows.</summary>
    /// <param name="unit">The tiles.</param>
    /// <param name="lattice">Where windows lie.</param>
    /// <param name="covered">False for a core that no imagery reaches: its window is not worth looking at.</param>
    public UnitState(WorkUnit unit, ILattice lattice, Func<GridRect, bool> covered)
    {
        Unit = unit;
        Rows =
        [
            .. lattice.Rows([.. unit.Tiles.Select(tile => tile.Rect)])
                .Select(row => (IReadOnlyList<Placement>)[.. row.Where(placement => covered(placement.Core))])
                .Where(row => row.Count > 0),
        ];
        ReadArea = Area();
        Known = new KnownRows(unit.Bounds.Width);
    }

    /// <summary>The tiles.</summary>
    public WorkUnit Unit { get; }

    /// <summary>Its place among the run's units, from 0.</summary>
    public int Order { get; init; }

    /// <summary>
    /// The files that decide each tile, as they were before the first pixel was read: a file that is replaced meanwhile differs from the record,
    /// and the next run computes its tiles again.
    /// </summary>
    public IReadOnlyDictionary<SourceTile, IReadOnlyList<InputFingerprint>> Inputs { get; init; } = new Dictionary<SourceTile, IReadOnlyList<InputFingerprint>>();

    /// <summary>The windows that decide a pixel of a tile, in lattice rows from north to south.</summary>
    public IReadOnlyList<IReadOnlyList<Placement>> Rows { get; }

    /// <summary>The pixels to read.</summary>
    public GridRect ReadArea { get; private set; }

    /// <summary>Which pixels of the unit's bounds have data.</summary>
    public KnownRows Known { get; }

    /// <summary>What became of each window so far.</summary>
    public ConcurrentDictionary<Placement, WindowRecord> Windows { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Blocks of input files that could not be decoded.</summary>
    public ConcurrentQueue<ReadFailure> Failures { get; } = new();

    /// <summary>Its spans; null when nobody listens.</summary>
    internal UnitTrace? Trace { get; set; }

    /// <summary>Windows that the unit before it has computed for it.</summary>
    internal SharedWindows? FromBefore { get; private set; }

    /// <summary>Windows that it computes for the next unit too.</summary>
    internal SharedWindows? ForNext { get; private set; }

    /// <summary>Lets the next unit have the logits of windows that this one computes. Neither may have been sent through the graph.</summary>
    internal void Share(SharedWindows windows, UnitState next)
    {
        ForNext = windows;
        next.FromBefore = windows;
        next.ReadArea = next.Area();
    }

    /// <summary>As high as all windows, as each row is looked at when it is read; no wider than those that are cut.</summary>
    private GridRect Area()
    {
        var cut = Unit.Bounds;
        var all = Unit.Bounds;
        foreach (var placement in Rows.SelectMany(row => row))
        {
            all = all.Union(placement.Window);
            if (FromBefore?.Find(placement) is null)
                cut = cut.Union(placement.Window);
        }

        return cut with { Y = all.Y, Height = all.Height };
    }

    /// <summary>Notes that rows are about to be read, with which a tile's time begins.</summary>
    public void Reading(GridRect rows)
    {
        foreach (var tile in Unit.Tiles)
        {
            if (tile.Rect.Overlaps(rows))
                _begun.TryAdd(tile, Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Time since the first of a tile's rows were to be read; zero before.</summary>
    public TimeSpan ElapsedOf(SourceTile tile) => _begun.TryGetValue(tile, out var begun) ? Stopwatch.GetElapsedTime(begun) : TimeSpan.Zero;
}

/// <summary>What became of one window.</summary>
public sealed class WindowRecord
{
    /// <summary>Share of its pixels without data, 0 to 1.</summary>
    public required double NodataShare { get; init; }

    /// <summary>Number of its batch within the unit; -1 when the network never saw it.</summary>
    public int Batch { get; set; } = -1;

    /// <summary>Its share of the batch's time in the network.</summary>
    public double Seconds { get; set; }
}
