using System.Numerics;
using Flair.Gdal;

namespace Flair.Source;

/// <summary>
/// Bilinear samples of a surface or terrain model at the centres of the mosaic's pixels. Samples near a file's border read the
/// neighbouring file. Neighbours without data give their weight to the others; beyond the edge of all files the nearest pixel's value
/// holds for <see cref="ElevationSampling.Reach"/> pixels; what has no neighbour left is NaN.
/// </summary>
internal sealed unsafe class ElevationRows : IDisposable
{
    /// <summary>Metres that no ground or roof on Earth leaves: undeclared no-data values (-9999, -32768, 3.4e38) lie outside.</summary>
    private const float Lowest = -1000;
    private const float Highest = 10000;

    private readonly MosaicGrid _mosaic;
    private readonly Layer _layer;
    private readonly BufferPool _pool;
    private readonly RasterBlocks[] _files;
    private readonly int[] _column;
    private readonly double[] _right;
    private readonly double[] _left;
    private readonly int _reach;
    private NativeBuffer? _canvas;
    private GridRect _rect;

    /// <summary>Prepares to sample <paramref name="area"/> of the mosaic.</summary>
    public ElevationRows(MosaicGrid mosaic, Layer layer, GridRect area, BufferPool pool, OpenBlocks open)
    {
        _mosaic = mosaic;
        _layer = layer;
        _pool = pool;
        _reach = ElevationSampling.Reach(layer.Grid);
        var wanted = ElevationSampling.Area(mosaic, layer.Grid, area);
        _files = [.. layer.In(wanted).Select(file =>
        {
            // A row and column more than the reach, as bilinear samples lie between two.
            var reach = ElevationSampling.Touched(mosaic, layer.Grid, file.Rect.Inflate(_reach + 1));
            return open(new FileUse(file, needing => ElevationSampling.Area(mosaic, layer.Grid, needing), reach), layer.Bands, GdalType.Float32);
        })];
        _column = new int[area.Width];
        _right = new double[area.Width];
        _left = new double[area.Width];
        for (int x = 0; x < area.Width; x++)
        {
            double position = ElevationSampling.Column(mosaic, layer.Grid, area.X + x);
            _column[x] = (int)Math.Floor(position);
            _right[x] = position - _column[x];
            _left[x] = 1 - _right[x];
        }
    }

    public IReadOnlyList<RasterBlocks> Files => _files;

    /// <summary>The elevation pixels that samples at <paramref name="rows"/>, of the area's full width, may read.</summary>
    public GridRect Needs(GridRect rows) => ElevationSampling.Area(_mosaic, _layer.Grid, rows);

    /// <summary>Puts the decoded files together, so that <see cref="Sample"/> works for <paramref name="rows"/>.</summary>
    public void Assemble(GridRect rows)
    {
        Free();
        _rect = Needs(rows);
        _canvas = _pool.Rent(_rect.Area * sizeof(float));
        new Span<float>(_canvas.Pointer, checked((int)_rect.Area)).Fill(float.NaN);
        for (int i = _files.Length - 1; i >= 0; i--)
            Paint(_files[i]);
        var sampled = ElevationSampling.Needed(_mosaic, _layer.Grid, rows);
        foreach (var gap in Coverage.Uncovered(sampled, _files.Select(file => file.File.Rect)))
            Extend(gap);
    }

    /// <summary>Samples a row of the mosaic.</summary>
    /// <param name="row">The mosaic's row, among those assembled.</param>
    /// <param name="scratch">What the caller's last row left.</param>
    /// <param name="target">Takes metres, or NaN, for the area's columns.</param>
    public void Sample(int row, ElevationScratch scratch, Span<double> target)
    {
        double position = ElevationSampling.Row(_mosaic, _layer.Grid, row);
        int top = (int)Math.Floor(position);
        double down = position - top, up = 1 - down;
        var (above, below) = scratch.Rows(this, top);
        int x = 0;
        for (; x <= target.Length - Vector<double>.Count; x += Vector<double>.Count)
        {
            var value = (new Vector<double>(above, x) * up) + (new Vector<double>(below, x) * down);
            value.CopyTo(target[x..]);
            if (!Vector.EqualsAll(value, value))
                FillUnknown(target.Slice(x, Vector<double>.Count), x, top, down);
        }

        for (; x < target.Length; x++)
            target[x] = (up * above[x]) + (down * below[x]);
        int rest = target.Length % Vector<double>.Count;
        FillUnknown(target[^rest..], target.Length - rest, top, down);
    }

    /// <summary>Interpolates a row of the elevation between its columns, at the area's.</summary>
    internal void Across(int row, double[] target)
    {
        var values = Pixel(_rect.X, row) - _rect.X;
        for (int x = 0; x < _column.Length; x++)
        {
            var at = values + _column[x];
            target[x] = (_left[x] * at[0]) + (_right[x] * at[1]);
        }
    }

    /// <summary>Frees what <see cref="Assemble"/> took.</summary>
    public void Free()
    {
        if (_canvas is not null)
            _pool.Return(_canvas);
        _canvas = null;
    }

    public void Dispose()
    {
        Free();
        foreach (var file in _files)
            file.Dispose();
    }

    /// <summary>Gives samples that are NaN, since a neighbour is, the mean of the others.</summary>
    private void FillUnknown(Span<double> samples, int first, int top, double down)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            if (!double.IsNaN(samples[i]))
                continue;
            float* above = Pixel(_column[first + i], top), below = above + _rect.Width;
            bool none = float.IsNaN(above[0]) && float.IsNaN(above[1]) && float.IsNaN(below[0]) && float.IsNaN(below[1]);
            if (!none)
                samples[i] = Known(above[0], above[1], below[0], below[1], _right[first + i], down);
        }
    }

    /// <summary>The mean of the neighbours that are known, by their weights.</summary>
    private static double Known(double a, double b, double c, double d, double right, double down)
    {
        double sum = 0, weights = 0;
        Add(a, (1 - right) * (1 - down));
        Add(b, right * (1 - down));
        Add(c, (1 - right) * down);
        Add(d, right * down);
        return weights > 0 ? sum / weights : double.NaN;

        void Add(double value, double weight)
        {
            if (!double.IsNaN(value) && weight > 0)
            {
                sum += value * weight;
                weights += weight;
            }
        }
    }

    private float* Pixel(int column, int row) => (float*)_canvas!.Pointer + ((long)(row - _rect.Y) * _rect.Width) + (column - _rect.X);

    private void Paint(RasterBlocks file)
    {
        var rect = file.File.Rect;
        var part = rect.Intersect(_rect);
        float nodata = (float)(file.File.Info.Bands[_layer.Bands[0] - 1].Nodata ?? double.NaN);
        for (int row = part.Y; row < part.Bottom; row++)
        {
            var from = new ReadOnlySpan<float>((float*)file.Line(0, row - rect.Y) + (part.X - rect.X - file.FirstColumn), part.Width);
            var to = new Span<float>(Pixel(part.X, row), part.Width);
            for (int x = 0; x < from.Length; x++)
                to[x] = from[x] != nodata && from[x] > Lowest && from[x] < Highest ? from[x] : float.NaN;
        }

        foreach (var (failed, _) in file.Rows.SelectMany(rows => rows.Failed))
        {
            var hit = (failed with { X = failed.X + rect.X, Y = failed.Y + rect.Y }).Intersect(part);
            for (int row = hit.Y; row < hit.Bottom; row++)
                new Span<float>(Pixel(hit.X, row), hit.Width).Fill(float.NaN);
        }
    }

    /// <summary>Gives pixels that no file covers the value of the nearest that one does, if it is near enough.</summary>
    private void Extend(GridRect gap)
    {
        // Most of a gap is too far from all files, where it is unknown already.
        GridRect[] files = [.. _files.Select(file => file.File.Rect).Where(rect => rect.Inflate(_reach).Overlaps(gap))];
        var near = files.Aggregate(default(GridRect), (union, rect) => union.Union(rect.Inflate(_reach).Intersect(gap)));
        for (int row = near.Y; row < near.Bottom; row++)
        {
            for (int column = near.X; column < near.Right; column++)
            {
                long nearest = long.MaxValue;
                float value = float.NaN;
                foreach (var rect in files)
                {
                    int x = Math.Clamp(column, rect.X, rect.Right - 1), y = Math.Clamp(row, rect.Y, rect.Bottom - 1);
                    long dx = Math.Abs(column - x), dy = Math.Abs(row - y), distance = (dx * dx) + (dy * dy);
                    if (dx > _reach || dy > _reach || distance >= nearest)
                        continue;
                    nearest = distance;
                    value = *Pixel(x, y);
                }

                *Pixel(column, row) = value;
            }
        }
    }
}

/// <summary>
/// Two rows of an elevation as <see cref="ElevationRows.Across"/> gives them. Rows of the mosaic are closer than those of the elevation, so that the next
/// row mostly needs the same two. For one thread, one <see cref="ElevationRows"/> and the rows that it has assembled.
/// </summary>
/// <param name="width">The area's columns.</param>
internal sealed class ElevationScratch(int width)
{
    private double[] _above = new double[width];
    private double[] _below = new double[width];
    private int _top = int.MinValue;

    /// <summary>The rows <paramref name="top"/> and the one below it.</summary>
    public (double[] Above, double[] Below) Rows(ElevationRows elevation, int top)
    {
        if (top == _top + 1)
        {
            (_above, _below) = (_below, _above);
            elevation.Across(top + 1, _below);
        }
        else if (top != _top)
        {
            elevation.Across(top, _above);
            elevation.Across(top + 1, _below);
        }

        _top = top;
        return (_above, _below);
    }
}
