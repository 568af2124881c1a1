namespace Flair.Running;

/// <summary>
/// Which pixels of a unit have data, on its way beside the graph: the window block puts rows in as they are read, the stitch block takes
/// them out in the same order when they are finished. It holds no more than the rows in flight, which the graph's bounds limit.
/// </summary>
/// <param name="width">Columns.</param>
public sealed class KnownRows(int width)
{
    private readonly Lock _lock = new();
    private readonly Queue<(byte[] Rows, int Count)> _chunks = new();
    private int _taken;

    /// <summary>Adds rows at the end; they are copied.</summary>
    /// <param name="source">First row, one byte a pixel, 1 where there is data.</param>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="rows">Rows.</param>
    public void Put(ReadOnlySpan<byte> source, int stride, int rows)
    {
        var chunk = PixelPool.Shared.Rent(Math.Max(1, rows * width));
        for (var row = 0; row < rows; row++)
            source.Slice(row * stride, width).CopyTo(chunk.AsSpan(row * width));
        lock (_lock)
            _chunks.Enqueue((chunk, rows));
    }

    /// <summary>Takes the next rows.</summary>
    /// <exception cref="InvalidOperationException">They have not been put in: the graph's order is broken.</exception>
    public void Take(Span<byte> target)
    {
        lock (_lock)
        {
            while (!target.IsEmpty)
            {
                if (!_chunks.TryPeek(out var chunk))
                    throw new InvalidOperationException("rows are finished that have not been read");
                var available = chunk.Rows.AsSpan(_taken * width, (chunk.Count - _taken) * width);
                var taken = Math.Min(available.Length, target.Length);
                available[..taken].CopyTo(target);
                target = target[taken..];
                _taken += taken / width;
                if (_taken == chunk.Count)
                {
                    PixelPool.Shared.Return(_chunks.Dequeue().Rows);
                    _taken = 0;
                }
            }
        }
    }
}
