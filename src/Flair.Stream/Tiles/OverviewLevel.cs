namespace Flair.Tiles;

/// <summary>One overview of one band, made of the next finer raster while its rows stream in. It holds a row of that one at most.</summary>
internal sealed class OverviewLevel
{
    private readonly TileLayerKind _kind;
    private readonly int _sourceWidth;
    private readonly int _sourceHeight;
    private readonly byte[] _pair;
    private bool _holdsOne;
    private int _taken;

    /// <summary>Makes it.</summary>
    /// <param name="kind">Four classes become the most frequent one; all else the mean, where a confidence of 0 means no data.</param>
    /// <param name="sourceWidth">Columns of the finer raster.</param>
    /// <param name="sourceHeight">Its rows.</param>
    public OverviewLevel(TileLayerKind kind, int sourceWidth, int sourceHeight)
    {
        (_kind, _sourceWidth, _sourceHeight) = (kind, sourceWidth, sourceHeight);
        (Width, Height) = (Half(sourceWidth), Half(sourceHeight));
        _pair = new byte[2 * sourceWidth];
    }

    /// <summary>Its columns.</summary>
    public int Width { get; }

    /// <summary>Its rows.</summary>
    public int Height { get; }

    /// <summary>Rows made so far.</summary>
    public int Made { get; private set; }

    /// <summary>The overviews that a raster needs until one has at most <paramref name="most"/> rows and columns, each half as large as the one before.</summary>
    public static IReadOnlyList<OverviewLevel> Pyramid(TileLayerKind kind, int width, int height, int most)
    {
        var levels = new List<OverviewLevel>();
        for (; width > most || height > most; (width, height) = (Half(width), Half(height)))
            levels.Add(new OverviewLevel(kind, width, height));
        return levels;
    }

    /// <summary>An upper bound of the pixels that <see cref="Add"/> makes of so many.</summary>
    public int Room(int pixels) => (Half(pixels / _sourceWidth) + 1) * Width;

    /// <summary>Takes the next rows of the finer raster.</summary>
    /// <param name="rows">[row, column].</param>
    /// <param name="made">Takes the rows that are complete, see <see cref="Room"/>.</param>
    /// <returns>How many there are.</returns>
    public int Add(ReadOnlySpan<byte> rows, Span<byte> made)
    {
        var count = 0;
        while (rows.Length > 0)
        {
            var here = rows[..Math.Min(rows.Length, (_holdsOne ? 1 : 2) * _sourceWidth)];
            rows = rows[here.Length..];
            _taken += here.Length / _sourceWidth;
            if (_holdsOne)
            {
                here.CopyTo(_pair.AsSpan(_sourceWidth));
                here = _pair;
                _holdsOne = false;
            }
            else if (here.Length == _sourceWidth && _taken < _sourceHeight)
            {
                here.CopyTo(_pair);
                _holdsOne = true;
                break;
            }

            var row = made.Slice(count++ * Width, Width);
            if (_kind == TileLayerKind.Classes)
                OverviewRules.Mode(here, _sourceWidth, TileLayer.NodataCode, row);
            else
                OverviewRules.Average(here, _sourceWidth, _kind == TileLayerKind.Confidence, row);
        }

        Made += count;
        return count;
    }

    private static int Half(int value) => (value + 1) / 2;
}
