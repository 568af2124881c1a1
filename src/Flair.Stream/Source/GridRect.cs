namespace Flair.Source;

/// <summary>
/// A rectangle of pixels on the mosaic's grid. Columns grow eastwards and rows southwards; (0, 0) is the pixel whose north-west corner
/// lies at the grid's anchor (see <see cref="MosaicGrid"/>), so a pixel has the same numbers whatever tiles are mapped, and rows are
/// negative north of the anchor.
/// </summary>
/// <param name="X">First column.</param>
/// <param name="Y">First row.</param>
/// <param name="Width">Columns; 0 or more.</param>
/// <param name="Height">Rows; 0 or more.</param>
public readonly record struct GridRect(int X, int Y, int Width, int Height)
{
    /// <summary>One past the last column.</summary>
    public int Right => X + Width;

    /// <summary>One past the last row.</summary>
    public int Bottom => Y + Height;

    /// <summary>True when it holds no pixel.</summary>
    public bool IsEmpty => Width <= 0 || Height <= 0;

    /// <summary>Number of pixels.</summary>
    public long Area => IsEmpty ? 0 : (long)Width * Height;

    /// <summary>The pixels in both; empty when there are none.</summary>
    public GridRect Intersect(GridRect other)
    {
        int x = Math.Max(X, other.X), y = Math.Max(Y, other.Y);
        return new GridRect(x, y, Math.Max(0, Math.Min(Right, other.Right) - x), Math.Max(0, Math.Min(Bottom, other.Bottom) - y));
    }

    /// <summary>The smallest rectangle that holds both; an empty one adds nothing.</summary>
    public GridRect Union(GridRect other)
    {
        if (IsEmpty)
            return other;
        if (other.IsEmpty)
            return this;
        int x = Math.Min(X, other.X), y = Math.Min(Y, other.Y);
        return new GridRect(x, y, Math.Max(Right, other.Right) - x, Math.Max(Bottom, other.Bottom) - y);
    }

    /// <summary>True when at least one pixel is in both.</summary>
    public bool Overlaps(GridRect other) => !Intersect(other).IsEmpty;

    /// <summary>True when every pixel of <paramref name="other"/> is in this.</summary>
    public bool Contains(GridRect other) => other.X >= X && other.Y >= Y && other.Right <= Right && other.Bottom <= Bottom;

    /// <summary>Grown by <paramref name="pixels"/> on all four sides.</summary>
    public GridRect Inflate(int pixels) => new(X - pixels, Y - pixels, Width + (2 * pixels), Height + (2 * pixels));

    /// <inheritdoc/>
    public override string ToString() => $"{Width}x{Height} at column {X}, row {Y}";
}
