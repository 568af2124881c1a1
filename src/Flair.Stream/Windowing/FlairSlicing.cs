using Flair.Indexing;
using Flair.Source;

namespace Flair.Windowing;

/// <summary>
/// FLAIR-1's slicing of one raster, row for row and digit for digit (<c>slice_extent</c> in <c>zone_detect/slicing_job.py</c>): windows start
/// one margin outside the south-west corner and step by size − 2 × margin; the last column and row are moved back so that they end one margin
/// outside the north-east corner; a window met twice is kept once.
/// </summary>
public sealed class FlairSlicing : ILattice
{
    private readonly List<Slice> _slices = [];
    private readonly GridRect _raster;

    /// <summary>Slices a raster.</summary>
    /// <param name="grid">The raster's grid.</param>
    /// <param name="raster">The raster's pixels on it.</param>
    /// <param name="left">West edge as its geotransform gives it.</param>
    /// <param name="top">North edge as its geotransform gives it.</param>
    /// <param name="size">Width and height of a window in pixels.</param>
    /// <param name="margin">Margin in pixels; 2 × margin &lt; size.</param>
    public FlairSlicing(MosaicGrid grid, GridRect raster, double left, double top, int size, int margin)
    {
        Size = size;
        _raster = raster;
        Box = new GeoBox(left, top - (raster.Height * grid.PixelHeight), left + (raster.Width * grid.PixelWidth), top);

        // FLAIR-1 rounds the resolution to five decimals and does everything else in ground units, in double precision: its ids
        // depend on how these sums round, so they are done the same way here.
        double resolutionX = Math.Round(grid.PixelWidth, 5), resolutionY = Math.Round(grid.PixelHeight, 5);
        double sizeX = size * resolutionX, sizeY = size * resolutionY;
        double marginX = margin * resolutionX, marginY = margin * resolutionY;
        double stepX = sizeX - (2 * marginX), stepY = sizeY - (2 * marginY);
        var (minX, minY, maxX, maxY) = (Box.Left, Box.Bottom, Box.Right, Box.Top);
        var seen = new HashSet<(double, double, double, double)>();

        foreach (var startX in NumpyRange(minX - marginX, maxX + marginX, stepX))
        {
            foreach (var startY in NumpyRange(minY - marginY, maxY + marginY, stepY))
            {
                var x = startX + sizeX > maxX + marginX ? maxX + marginX - sizeX : startX;
                var y = startY + sizeY > maxY + marginY ? maxY + marginY - sizeY : startY;
                var core = new GeoBox(x + marginX, y + marginY, Math.Min(x + sizeX - marginX, maxX), Math.Min(y + sizeY - marginY, maxY));
                if (!seen.Add((Math.Round(core.Left, 6), Math.Round(core.Bottom, 6), Math.Round(core.Right, 6), Math.Round(core.Top, 6))))
                    continue;

                // The names are FLAIR-1's, its swapped resolutions included.
                var column = (long)PythonFloorDivide(y - minY, resolutionX) + 1;
                var row = (long)PythonFloorDivide(x - minX, resolutionY) + 1;
                var window = new GridRect(
                    raster.X + (int)Math.Round((x - minX) / grid.PixelWidth),
                    raster.Y + (int)Math.Round((maxY - (y + sizeY)) / grid.PixelHeight),
                    size,
                    size);
                _slices.Add(new Slice($"1-{row}-{column}", core, new GeoBox(x, y, x + sizeX, y + sizeY), window));
            }
        }

        Own(margin);
    }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>The raster's extent on the ground.</summary>
    public GeoBox Box { get; }

    /// <summary>The rows of FLAIR-1's dataframe, in its order: from west to east, and from south to north within a column.</summary>
    public IReadOnlyList<Slice> Slices => _slices;

    /// <inheritdoc/>
    public IEnumerable<IReadOnlyList<Placement>> Rows(IReadOnlyList<GridRect> areas) =>
        _slices
            .Select(slice => new Placement(slice.Id, slice.Window, slice.Owned) { FlairBoxes = (slice.Core, slice.Box) })
            .Where(placement => areas.Any(placement.Core.Overlaps))
            .GroupBy(placement => placement.Window.Y)
            .OrderBy(row => row.Key)
            .Select(row => (IReadOnlyList<Placement>)[.. row.OrderBy(placement => placement.Window.X)]);

    /// <summary>
    /// FLAIR-1 writes window after window and lets a later one overwrite an earlier. So of two windows in one row the eastern owns what they
    /// share, and of two in one column the northern.
    /// </summary>
    private void Own(int margin)
    {
        var columns = _slices.Select(slice => slice.Window.X + margin).Distinct().Order().ToArray();
        var rows = _slices.Select(slice => slice.Window.Bottom - margin).Distinct().OrderDescending().ToArray();
        for (var i = 0; i < _slices.Count; i++)
        {
            var core = _slices[i].Window.Inflate(-margin);
            var column = Array.IndexOf(columns, core.X);
            var row = Array.IndexOf(rows, core.Bottom);
            var right = column + 1 < columns.Length ? Math.Min(core.Right, columns[column + 1]) : core.Right;
            var top = row + 1 < rows.Length ? Math.Max(core.Y, rows[row + 1]) : core.Y;
            var owned = new GridRect(core.X, top, right - core.X, core.Bottom - top).Intersect(_raster);
            _slices[i] = _slices[i] with { Owned = owned };
        }
    }

    /// <summary><c>numpy.arange</c> of doubles: its step is the rounded difference of the first two values.</summary>
    private static IEnumerable<double> NumpyRange(double start, double stop, double step)
    {
        var count = (long)Math.Ceiling((stop - start) / step);
        var delta = start + step - start;
        for (long i = 0; i < count; i++)
            yield return i == 1 ? start + step : start + (i * delta);
    }

    /// <summary>Python's <c>//</c> on floats (<c>float_floor_div</c>, the same in NumPy).</summary>
    private static double PythonFloorDivide(double dividend, double divisor)
    {
        var modulus = dividend % divisor;
        var quotient = (dividend - modulus) / divisor;
        if (modulus != 0 && (divisor < 0) != (modulus < 0))
            quotient -= 1;
        var floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    /// <summary>One row of FLAIR-1's slicing dataframe.</summary>
    /// <param name="Id">Its <c>id</c>.</param>
    /// <param name="Core"><c>left</c>, <c>bottom</c>, <c>right</c>, <c>top</c>.</param>
    /// <param name="Box">The bounds of its geometry: what the window reads.</param>
    /// <param name="Window">The same in pixels.</param>
    public sealed record Slice(string Id, GeoBox Core, GeoBox Box, GridRect Window)
    {
        /// <summary>The pixels of the raster that keep this window's answer.</summary>
        public GridRect Owned { get; init; }
    }
}
