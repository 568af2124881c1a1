using Flair.Running;
using Flair.Source;
using Flair.Storage;
using Flair.Tiles;

namespace Flair.Indexing;

/// <summary>What every tile's record of a run has in common.</summary>
/// <param name="Grid">The mosaic's grid.</param>
/// <param name="ModelFingerprint">See <see cref="TileRow.ModelFingerprint"/>.</param>
/// <param name="SettingsFingerprint">See <see cref="TileRow.SettingsFingerprint"/>.</param>
/// <param name="InputsOf">The files that decide a tile.</param>
/// <param name="FailuresOf">How often a tile, by its name, has been tried in vain.</param>
public sealed record RecordContext(
    MosaicGrid Grid, string ModelFingerprint, string SettingsFingerprint, Func<SourceTile, IReadOnlyList<InputFingerprint>> InputsOf, Func<string, int> FailuresOf);

/// <summary>
/// sealed tiles → records. Writes the tile's fragment of the slice index and then, last of all, its record: from then on it is done.
/// Bounded: one tile at a time. Its order is that of the tiles.
/// </summary>
public sealed class IndexBlock : Stage<SealedTile, TileRow>
{
    private readonly RecordContext _context;
    private readonly IndexLayout _layout;
    private readonly Func<TileRow, CancellationToken, Task<TileRow>>? _publish;
    private readonly Action<TileRow> _committed;
    private readonly SliceFragmentWriter _fragments;

    /// <summary>Makes the block.</summary>
    /// <param name="context">What all records share.</param>
    /// <param name="layout">Where fragments and records go.</param>
    /// <param name="fragments">Writes them; the block disposes of it at its end.</param>
    /// <param name="publish">Commits a tile in object storage, and gives the record that is there; null for a local output.</param>
    /// <param name="committed">Called after each record.</param>
    /// <param name="counters">Counts tiles.</param>
    /// <param name="cancellation">Stops it between two tiles.</param>
    public IndexBlock(
        RecordContext context, IndexLayout layout, SliceFragmentWriter fragments, Func<TileRow, CancellationToken, Task<TileRow>>? publish, Action<TileRow> committed, BlockCounters counters, CancellationToken cancellation)
        : base(counters, null, capacity: 1, cancellation)
    {
        _context = context;
        _layout = layout;
        _publish = publish;
        _committed = committed;
        _fragments = fragments;
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(SealedTile message, CancellationToken cancellation)
    {
        TileRow row;
        using (message.Tile.Unit.Trace?.Step("index", message.Tile.Tile))
        using (Counters.Enter(() => $"tile {message.Tile.Tile.Name}"))
        {
            row = Row(message);
            if (row.Status == TileStatus.Done)
                _fragments.Add(_layout.Fragment(row.Tile), Slices(message.Tile));
            if (_publish is null)
                TileRecordFile.Write(_layout.Record(row.Tile), row);
            else
                row = await _publish(row, cancellation).ConfigureAwait(false);
            Counters.Add(1, 0);
        }

        message.Tile.Unit.Trace?.Committed(message.Tile.Tile, row.Error);
        _committed(row);
    }

    /// <inheritdoc/>
    protected override void Release() => _fragments.Dispose();

    private TileRow Row(SealedTile message)
    {
        var (unit, tile, _, tally) = message.Tile;
        var inputs = MarkUnreadable(unit.Inputs[tile], unit, tile);
        var windows = unit.Rows.SelectMany(row => row).Where(placement => placement.Core.Overlaps(tile.Rect)).ToArray();
        var done = message.Error is null;
        var traffic = inputs.Aggregate(default(RemoteTraffic), (sum, input) => sum + RemoteFiles.TakeTraffic(input.Path));
        return new TileRow
        {
            Tile = tile.Name,
            Box = Box(tile.Rect),
            Width = tile.Rect.Width,
            Height = tile.Rect.Height,
            Status = done ? TileStatus.Done : TileStatus.Failed,
            Error = message.Error,
            Inputs = inputs,
            InputsFingerprint = Fingerprints.OfInputs(inputs),
            ModelFingerprint = _context.ModelFingerprint,
            SettingsFingerprint = _context.SettingsFingerprint,
            Outputs = message.Outputs,
            Windows = windows.Length,
            WindowsComputed = windows.Count(placement => unit.Windows[placement].Batch >= 0),
            NodataPixels = done ? tally.Total.Nodata : 0,
            Histogram = done ? tally.Total.Histogram : [],
            MeanConfidence = done ? tally.Total.MeanConfidence : double.NaN,
            Seconds = unit.ElapsedOf(tile).TotalSeconds,
            Attempts = _context.FailuresOf(tile.Name) + 1,
            Requests = traffic.Requests,
            BytesReceived = traffic.BytesReceived,
        };
    }

    /// <summary>
    /// A neighbour that could not be read leaves its mark on the tiles whose windows it touches: their record then differs from what the
    /// inputs promise, and the next run computes them again.
    /// </summary>
    private static List<InputFingerprint> MarkUnreadable(IReadOnlyList<InputFingerprint> inputs, UnitState unit, SourceTile tile)
    {
        var touched = unit.Rows.SelectMany(row => row).Where(placement => placement.Window.Overlaps(tile.Rect)).ToArray();
        var unreadable = unit.Failures
            .Where(failure => touched.Any(placement => placement.Window.Overlaps(failure.Area)))
            .Select(failure => failure.Path)
            .ToHashSet(StringComparer.Ordinal);
        return [.. inputs.Select(input => unreadable.Contains(input.Path) ? input with { Bytes = -1 } : input)];
    }

    private List<SliceRow> Slices(CompleteTile complete)
    {
        var (unit, tile, _, tally) = complete;
        var rows = new List<SliceRow>();
        foreach (var placement in unit.Rows.SelectMany(row => row).Where(placement => placement.Core.Overlaps(tile.Rect)))
        {
            var record = unit.Windows[placement];
            var computed = record.Batch >= 0;
            var pixels = tally.Of(placement);
            rows.Add(new SliceRow
            {
                Id = placement.Id,
                Tile = tile.Name,
                Window = placement.Window,
                WindowBox = placement.FlairBoxes?.Window ?? Box(placement.Window),
                Core = placement.FlairBoxes?.Core ?? Box(placement.Core),
                TileBox = Box(tile.Rect),
                Computed = computed,
                Batch = record.Batch,
                Seconds = record.Seconds,
                NodataShare = record.NodataShare,
                Histogram = computed ? pixels?.Histogram ?? [] : [],
                MeanConfidence = computed ? pixels?.MeanConfidence ?? double.NaN : double.NaN,
            });
        }

        return rows;
    }

    private GeoBox Box(GridRect rect) =>
        new(_context.Grid.Left(rect.X), _context.Grid.Top(rect.Bottom), _context.Grid.Left(rect.Right), _context.Grid.Top(rect.Y));
}
