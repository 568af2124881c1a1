namespace Flair.Source;

/// <summary>
/// Decides which pixels of an area are known: those where an imagery product has data. What only looks like no data counts as such in
/// solid squares. The squares may reach beyond a strip, so the states of a margin of rows and columns around it are held too, and
/// what is outside all rasters counts as no data, so that collars at the edge are found.
/// </summary>
internal sealed unsafe class KnownRows : IDisposable
{
    private readonly IReadOnlyList<ImageryRows> _imagery;
    private readonly GridRect _area;
    private readonly bool _suspects;
    private readonly int _side;
    private readonly SampleType _samples;
    private readonly BufferPool _pool;
    private NativeBuffer? _states;
    private GridRect _held;

    /// <summary>Prepares for an area.</summary>
    /// <param name="imagery">The products, opened for the area.</param>
    /// <param name="area">The area with its halo.</param>
    /// <param name="suspects">True when some pixels of the area may look like no data without being it.</param>
    /// <param name="samples">Type of the values.</param>
    /// <param name="nodata">The side of the squares.</param>
    /// <param name="pool">Where memory comes from.</param>
    public KnownRows(IReadOnlyList<ImageryRows> imagery, GridRect area, bool suspects, SampleType samples, NodataMode nodata, BufferPool pool)
    {
        _imagery = imagery;
        _area = area;
        _suspects = suspects;
        _side = nodata.SolidSide;
        _samples = samples;
        _pool = pool;
    }

    /// <summary>Rows and columns around a strip that must be decoded with it.</summary>
    public int Halo => _suspects ? _side - 1 : 0;

    /// <summary>Computes a strip's pixels. Strips come from north to south.</summary>
    /// <param name="strip">The strip: the area without its halo, in columns.</param>
    /// <param name="known">Takes 1 where known and 0 where not, [row][column].</param>
    /// <param name="parallel">How many threads.</param>
    public void Compute(GridRect strip, NativeBuffer known, ParallelOptions parallel)
    {
        Hold(_area with { Y = strip.Y - Halo, Height = strip.Height + (2 * Halo) }, parallel);
        bool open = false;
        if (_suspects)
        {
            for (int row = strip.Y; row < strip.Bottom && !open; row++)
                open = States(row).Slice(Halo, strip.Width).Contains(PixelState.Suspect);
        }

        var marks = open && MayHoldSquare() ? Opened() : null;
        for (int row = 0; row < strip.Height; row++)
        {
            var states = States(strip.Y + row).Slice(Halo, strip.Width);
            var target = new Span<byte>((byte*)known.Pointer + ((long)row * strip.Width), strip.Width);
            Flags.Between(states, PixelState.Suspect, PixelState.Data, target);
            if (marks is null)
                continue;
            var solid = new ReadOnlySpan<byte>((byte*)marks.Pointer + ((long)(row + Halo) * _held.Width) + Halo, strip.Width);
            for (int x = 0; x < target.Length; x++)
                target[x] &= (byte)(1 - solid[x]);
        }

        if (marks is not null)
            _pool.Return(marks);
    }

    /// <summary>The states of a row of the strip computed last, without the halo.</summary>
    public ReadOnlySpan<byte> StripStates(int row) => States(row).Slice(Halo, _area.Width - (2 * Halo));

    public void Dispose()
    {
        if (_states is not null)
            _pool.Return(_states);
        _states = null;
    }

    private Span<byte> States(int row) => new((byte*)_states!.Pointer + ((long)(row - _held.Y) * _held.Width), _held.Width);

    /// <summary>Makes the states of <paramref name="rect"/> there; those of rows held already are moved, not computed again.</summary>
    private void Hold(GridRect rect, ParallelOptions parallel)
    {
        var states = _pool.Rent(rect.Area);
        var kept = rect.Intersect(_held);
        if (!kept.IsEmpty)
        {
            var from = (byte*)_states!.Pointer + ((long)(kept.Y - _held.Y) * _held.Width);
            var to = (byte*)states.Pointer + ((long)(kept.Y - rect.Y) * rect.Width);
            Buffer.MemoryCopy(from, to, kept.Area, kept.Area);
        }

        if (_states is not null)
            _pool.Return(_states);
        _states = states;
        _held = rect;
        int first = kept.IsEmpty ? rect.Y : kept.Bottom;
        Parallel.For(first, rect.Bottom, parallel, row =>
        {
            var target = States(row);
            target.Clear();
            foreach (var product in _imagery)
            {
                if (_samples == SampleType.UInt8)
                    product.States<byte>(row, rect.X, target);
                else
                    product.States<float>(row, rect.X, target);
            }
        });
    }

    /// <summary>
    /// False when no solid square can lie in what is held: of pixels a side of it apart, down and across, each square has one. White roofs are common,
    /// squares of no data are not.
    /// </summary>
    private bool MayHoldSquare()
    {
        for (int row = _side - 1; row < _held.Height; row += _side)
        {
            var states = States(_held.Y + row);
            for (int x = _side - 1; x < states.Length; x += _side)
            {
                if (states[x] != PixelState.Data)
                    return true;
            }
        }

        return false;
    }

    /// <summary>1 where a pixel lies in a solid square of pixels that are not surely data.</summary>
    private NativeBuffer Opened()
    {
        var marks = _pool.Rent(_held.Area);
        int length = checked((int)_held.Area);
        var states = new ReadOnlySpan<byte>(_states!.Pointer, length);
        var target = new Span<byte>(marks.Pointer, length);
        Flags.Between(states, PixelState.Data, PixelState.Data, target);
        for (int i = 0; i < target.Length; i++)
            target[i] ^= 1;
        SolidSquares.Open(target, _held.Width, _held.Height, _side);
        return marks;
    }
}
