using System.Threading.Tasks.Dataflow;
using Flair.Running;
using Flair.Source;
using Flair.Stitching;

namespace Flair.Tiles;

/// <summary>A tile all of whose rows are there.</summary>
/// <param name="Unit">The unit it was mapped in.</param>
/// <param name="Tile">The tile.</param>
/// <param name="Writer">Holds its rows; whoever takes the message disposes of it.</param>
/// <param name="Tally">Its pixels, counted.</param>
public sealed record CompleteTile(UnitState Unit, SourceTile Tile, TileWriter Writer, TileTally Tally) : IDisposable
{
    /// <summary>Removes its temporary files.</summary>
    public void Dispose() => Writer.Dispose();
}

/// <summary>
/// finished rows → complete tiles. Cuts the unit's rows into its tiles, counts their pixels and puts them into temporary files.
/// Bounded: one message of rows at a time, and a little for each open tile, whatever its size. Ordered: a tile leaves with its last row. It has a thread of its own.
/// </summary>
public sealed class TileBlock : Stage<MapRows, CompleteTile>
{
    private readonly Func<SourceTile, TileWriter> _createWriter;
    private readonly int _classes;
    private readonly List<CompleteTile> _open = [];

    /// <summary>Makes the block.</summary>
    /// <param name="createWriter">Makes the writer of a tile.</param>
    /// <param name="classes">Classes of the model.</param>
    /// <param name="counters">Counts rows of tiles.</param>
    /// <param name="next">Takes the tiles.</param>
    /// <param name="cancellation">Stops it between two messages.</param>
    public TileBlock(
        Func<SourceTile, TileWriter> createWriter, int classes, BlockCounters counters, ITargetBlock<CompleteTile> next, CancellationToken cancellation)
        : base(counters, next, capacity: 2, cancellation, ownThread: true)
    {
        _createWriter = createWriter;
        _classes = classes;
    }

    /// <inheritdoc/>
    protected override async Task HandleAsync(MapRows message, CancellationToken cancellation)
    {
        using var rows = message;
        // Rows follow each other without a gap, so each tile begins in one message.
        foreach (var tile in message.Unit.Unit.Tiles)
        {
            if (tile.Rect.Y >= rows.Y && tile.Rect.Y < rows.Y + rows.Count)
                _open.Add(new CompleteTile(message.Unit, tile, _createWriter(tile), new TileTally(tile.Rect, _classes)));
        }

        foreach (var tile in _open.ToArray())
        {
            Write(tile, rows);
            if (rows.Y + rows.Count >= tile.Tile.Rect.Bottom)
            {
                _open.Remove(tile);
                await SendAsync(tile).ConfigureAwait(true);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        foreach (var tile in _open)
            tile.Dispose();
        _open.Clear();
    }

    private void Write(CompleteTile tile, MapRows rows)
    {
        using var busy = Counters.Enter(() => $"tile {tile.Tile.Name}, rows {rows.Y} to {rows.Y + rows.Count}");
        var bounds = rows.Unit.Unit.Bounds;
        var part = new GridRect(bounds.X, rows.Y, bounds.Width, rows.Count).Intersect(tile.Tile.Rect);
        if (part.IsEmpty)
            return;
        tile.Tally.Add(rows);
        var pixels = part.Width * part.Height;
        var classes = PixelPool.Shared.Rent(pixels);
        var confidence = PixelPool.Shared.Rent(pixels);
        var probabilities = PixelPool.Shared.Rent(pixels * rows.ClassCount);
        try
        {
            for (var row = 0; row < part.Height; row++)
            {
                var source = ((part.Y + row - rows.Y) * bounds.Width) + part.X - bounds.X;
                var target = row * part.Width;
                rows.Classes.Slice(source, part.Width).CopyTo(classes.AsSpan(target));
                rows.Confidence.Slice(source, part.Width).CopyTo(confidence.AsSpan(target));
                for (var band = 0; band < rows.ClassCount; band++)
                {
                    rows.Probabilities.Slice((band * rows.Count * bounds.Width) + source, part.Width)
                        .CopyTo(probabilities.AsSpan((band * pixels) + target));
                }
            }

            tile.Writer.WriteRows(part.Height, classes.AsSpan(0, pixels), confidence.AsSpan(0, pixels), probabilities.AsSpan(0, pixels * rows.ClassCount));
            Counters.Add(part.Height, pixels);
        }
        finally
        {
            PixelPool.Shared.Return(classes);
            PixelPool.Shared.Return(confidence);
            PixelPool.Shared.Return(probabilities);
        }
    }
}
