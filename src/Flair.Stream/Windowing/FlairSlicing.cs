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
    /// <param name="raster">The raster's pixels on the mosaic's grid.</param>
    /// <param name="transform">Its geotransform as the file has it: the last digits decide FLAIR-1's rounding.</param>
    /// <param name="size">Width and height of a window in pixels.</param>
    /// <param name="margin">Margin in pixels; 2 × margin &lt; size.</param>
    public FlairSlicing(GridRect raster, double[] transform, int size, int margin)
    {
        Size = size;
        _raster = raster;
        Box = new GeoBox(transform[0], transform[3] + (raster.Height * transform[5]), transform[0] + (raster.Width * transform[1]), transform[3]);

        // FLAIR-1 rounds the resolution to five decimals and does everything else in ground units, in double precision: its ids
        // depend on how these sums round, so they are done the same way here.
        double resolutionX = Math.Round(transform[1], 5), resolutionY = Math.Round(-transform[5], 5);
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
                    raster.X + (int)Math.Round((x - minX) / transform[1]),
                    raster.Y + (int)Math.Round((maxY - (y + sizeY)) / -transform[5]),
                    size,
                    size);
                _slices.Add(new Slice($"1-{row}-{column}", core, new GeoBox(x, y, x + sizeX, y + sizeY), window));
            }
        }

        Draw(transform, margin);
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
            .Select(slice => new Placement(slice.Id, slice.Window, slice.Owned) { FlairBoxes = (slice.Core, slice.Box), Drawings = slice.Drawings })
            .Where(placement => areas.Any(placement.Core.Overlaps))
            .GroupBy(placement => placement.Window.Y)
            .OrderBy(row => row.Key)
            .Select(row => (IReadOnlyList<Placement>)[.. row.OrderBy(placement => placement.Window.X)]);

    /// <summary>
    /// Decides which window a pixel of the result comes from, and from which of its pixels. FLAIR-1 writes window after window and a later one
    /// overwrites an earlier: of two windows in one row the eastern keeps what they share, of two in one column the northern. And it writes a
    /// window into the pixels that its core's ground extent touches (<c>geometry_window</c>, of rasterio 1.3): where rounding makes that one
    /// more than the core has, GDAL stretches the core by one pixel, here and there shifting it.
    /// </summary>
    private void Draw(double[] transform, int margin)
    {
        var scale = 1 / (transform[1] * transform[5]);
        double perX = transform[5] * scale, perY = transform[1] * scale;
        double originX = -transform[0] * perX, originY = -transform[3] * perY;
        var columns = Spans(slice => (slice.Core.Left * perX) + originX, slice => (slice.Core.Right * perX) + originX, slice => slice.Window.X, _raster.X, _raster.Width);
        var rows = Spans(slice => (slice.Core.Top * perY) + originY, slice => (slice.Core.Bottom * perY) + originY, slice => slice.Window.Y, _raster.Y, _raster.Height);
        var eastwards = columns.Keys.Order().ToArray();
        var northwards = rows.Keys.OrderDescending().ToArray();

        for (var i = 0; i < _slices.Count; i++)
        {
            var window = _slices[i].Window;
            var column = Array.IndexOf(eastwards, window.X);
            var row = Array.IndexOf(northwards, window.Y);
            var (left, right) = columns[window.X];
            var (top, bottom) = rows[window.Y];
            var keptRight = column + 1 < eastwards.Length ? Math.Min(right, columns[eastwards[column + 1]].Start) : right;
            var keptTop = row + 1 < northwards.Length ? Math.Max(top, rows[northwards[row + 1]].Stop) : top;
            var owned = new GridRect(left, keptTop, Math.Max(0, keptRight - left), Math.Max(0, bottom - keptTop));
            var draws =
                from y in Shifts(keptTop, bottom, top, bottom - top, window.Y + margin)
                from x in Shifts(left, keptRight, left, right - left, window.X + margin)
                select new Drawing(new GridRect(x.Start, y.Start, x.Length, y.Length), x.Shift, y.Shift);
            _slices[i] = _slices[i] with { Owned = owned, Drawings = [.. draws] };
        }

        // The pixels that a core's extent touches along one axis, by where its window begins.
        Dictionary<int, (int Start, int Stop)> Spans(Func<Slice, double> from, Func<Slice, double> to, Func<Slice, int> key, int first, int length) =>
            _slices.DistinctBy(key).ToDictionary(
                key,
                slice => (first + Math.Clamp((int)Math.Floor(from(slice)), 0, length), first + Math.Clamp((int)Math.Ceiling(to(slice)), 0, length)));

        // Runs of pixels [from, to) that come from the window's pixels at one distance: GDAL takes pixel ⌊r / (count / core)⌋ for the r-th.
        IEnumerable<(int Start, int Length, int Shift)> Shifts(int from, int to, int start, int count, int core)
        {
            var ratio = count / (double)(Size - (2 * margin));
            for (var at = from; at < to;)
            {
                var shift = Shift(at);
                var end = at + 1;
                while (end < to && Shift(end) == shift)
                    end++;
                yield return (at, end - at, shift);
                at = end;
            }

            int Shift(int pixel) => core + (int)((pixel - start) / ratio) - pixel;
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

        /// <summary>Where they come from; together they are <see cref="Owned"/>.</summary>
        public IReadOnlyList<Drawing> Drawings { get; init; } = [];
    }
}
