using System.Buffers;
using System.Numerics;
using Flair.Gdal;

namespace Flair.Source;

/// <summary>What is known of a pixel. Of several products the greatest counts.</summary>
internal static class PixelState
{
    /// <summary>No raster covers it.</summary>
    public const byte Outside = 0;

    /// <summary>Certainly no data: NaN, or the declared value of a floating point raster.</summary>
    public const byte Never = 1;

    /// <summary>It looks like no data, but the value is a valid one too.</summary>
    public const byte Suspect = 2;

    /// <summary>Data.</summary>
    public const byte Data = 3;

    /// <summary>It could not be read.</summary>
    public const byte Failed = 4;
}

/// <summary>A file, and which of its pixels are needed for an area of the mosaic.</summary>
/// <param name="File">The file.</param>
/// <param name="Needed">The pixels of the layer's grid that an area of the mosaic needs.</param>
/// <param name="Reach">Every area of the mosaic that needs some of the file has a pixel in here.</param>
internal sealed record FileUse(SourceFile File, Func<GridRect, GridRect> Needed, GridRect Reach)
{
    /// <summary>The pixels of the file, in its own columns and rows, that an area of the mosaic needs.</summary>
    public GridRect Of(GridRect area)
    {
        var part = File.Rect.Intersect(Needed(area));
        return part with { X = part.X - File.Rect.X, Y = part.Y - File.Rect.Y };
    }
}

/// <summary>Prepares to read what a reader's area needs of a file.</summary>
/// <param name="use">The file.</param>
/// <param name="bands">The bands, from 1; the last may be <see cref="NodataRule.MaskBand"/>.</param>
/// <param name="type">Type of the values.</param>
internal delegate RasterBlocks OpenBlocks(FileUse use, int[] bands, GdalType type);

/// <summary>Puts the rows of an area together from the files of one imagery product: values and <see cref="PixelState"/>s.</summary>
internal sealed unsafe class ImageryRows : IDisposable
{
    private readonly Layer _layer;
    private readonly RasterBlocks[] _files;
    private readonly double[] _fill;

    /// <summary>Prepares to read an area.</summary>
    /// <param name="product">The product.</param>
    /// <param name="area">The area, with the mosaic's halo.</param>
    /// <param name="mosaic">The mosaic.</param>
    /// <param name="open">Opens a file.</param>
    public ImageryRows(ImageryProduct product, GridRect area, Mosaic mosaic, OpenBlocks open)
    {
        _layer = product.Layer;
        var nodata = mosaic.Nodata;
        FirstChannel = product.FirstChannel;
        _files = [.. _layer.In(area).Select(file =>
        {
            int[] bands = file.Nodata.Opacity is { } opacity ? [.. _layer.Bands, opacity] : _layer.Bands;
            var use = new FileUse(file, mosaic.WithHalo, file.Rect.Inflate(nodata.SolidSide));
            return open(use, bands, mosaic.Samples == SampleType.UInt8 ? GdalType.Byte : GdalType.Float32);
        })];
        _fill = new double[_layer.Bands.Length];
        if (nodata.FillDeclared)
        {
            for (int i = 0; i < _fill.Length; i++)
                _fill[i] = NodataRule.Clamp(_layer.Type, _layer.Files[0].Info.Bands[_layer.Bands[i] - 1].Nodata ?? 0);
        }
    }

    public int FirstChannel { get; }

    public int ChannelCount => _layer.Bands.Length;

    public IReadOnlyList<RasterBlocks> Files => _files;

    /// <summary>Writes a row of one channel.</summary>
    /// <param name="channel">Index into the product's bands.</param>
    /// <param name="row">The mosaic's row.</param>
    /// <param name="left">The mosaic's column that <paramref name="target"/> begins at.</param>
    /// <param name="target">Takes the values.</param>
    public void Values<T>(int channel, int row, int left, Span<T> target)
        where T : unmanaged, INumberBase<T>
    {
        var span = new GridRect(left, row, target.Length, 1);
        if (_files.Length == 0 || !_files[0].File.Rect.Contains(span))
            target.Fill(T.CreateTruncating(_fill[channel]));
        for (int i = _files.Length - 1; i >= 0; i--)
        {
            var part = _files[i].File.Rect.Intersect(span);
            if (part.IsEmpty)
                continue;
            var values = target.Slice(part.X - left, part.Width);
            Line<T>(_files[i], channel, part).CopyTo(values);
            if (_files[i].File.Nodata.Floating)
                ClearNever(_files[i], part, values);
        }
    }

    /// <summary>Raises the states of a row to this product's.</summary>
    /// <param name="row">The mosaic's row.</param>
    /// <param name="left">The mosaic's column that <paramref name="states"/> begins at.</param>
    /// <param name="states">The states of the products before.</param>
    public void States<T>(int row, int left, Span<byte> states)
        where T : unmanaged, INumberBase<T>
    {
        var rented = ArrayPool<byte>.Shared.Rent(states.Length);
        var own = rented.AsSpan(0, states.Length);
        own.Clear();
        var span = new GridRect(left, row, states.Length, 1);
        for (int i = _files.Length - 1; i >= 0; i--)
        {
            var part = _files[i].File.Rect.Intersect(span);
            if (part.IsEmpty)
                continue;
            var target = own.Slice(part.X - left, part.Width);
            Judge<T>(_files[i], part, target);
            Fail(_files[i], part, target);
        }

        Flags.Raise(states, own);
        ArrayPool<byte>.Shared.Return(rented);
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    /// <summary>A file's values of a band in a part of a row; the last band may be alpha or the mask.</summary>
    private static ReadOnlySpan<T> Line<T>(RasterBlocks file, int band, GridRect part)
        where T : unmanaged
    {
        var rect = file.File.Rect;
        return new ReadOnlySpan<T>((T*)file.Line(band, part.Y - rect.Y) + (part.X - rect.X - file.FirstColumn), part.Width);
    }

    private void Judge<T>(RasterBlocks file, GridRect part, Span<byte> states)
        where T : unmanaged, INumberBase<T>
    {
        var rule = file.File.Nodata;
        states.Fill(PixelState.Data);
        if (rule.Values is { } nodata)
            MarkEqual<T>(file, part, nodata, rule.Solid ? PixelState.Suspect : PixelState.Never, states);
        if (rule.Opacity is { } from)
        {
            var opacity = Line<T>(file, _layer.Bands.Length, part);
            byte state = from == NodataRule.MaskBand ? PixelState.Never : PixelState.Suspect;
            for (int x = 0; x < opacity.Length; x++)
            {
                if (T.IsZero(opacity[x]))
                    states[x] = Math.Min(states[x], state);
            }
        }

        if (!rule.Floating)
            return;
        for (int band = 0; band < _layer.Bands.Length; band++)
        {
            var values = Line<T>(file, band, part);
            for (int x = 0; x < values.Length; x++)
            {
                if (T.IsNaN(values[x]))
                    states[x] = PixelState.Never;
            }
        }
    }

    private static void MarkEqual<T>(RasterBlocks file, GridRect part, double[] nodata, byte state, Span<byte> states)
        where T : unmanaged, INumberBase<T>
    {
        var first = Line<T>(file, 0, part);
        var sought = T.CreateTruncating(nodata[0]);
        for (int x = 0; x < first.Length; x++)
        {
            if (first[x] != sought)
            {
                int skip = first[x..].IndexOf(sought);
                if (skip < 0)
                    return;
                x += skip;
            }

            bool all = true;
            for (int band = 1; band < nodata.Length && all; band++)
                all = Line<T>(file, band, part)[x] == T.CreateTruncating(nodata[band]);
            if (all)
                states[x] = state;
        }
    }

    private static void Fail(RasterBlocks file, GridRect part, Span<byte> states)
    {
        var rect = file.File.Rect;
        foreach (var rows in file.Rows)
        {
            foreach (var (failed, _) in rows.Failed)
            {
                var hit = (failed with { X = failed.X + rect.X, Y = failed.Y + rect.Y }).Intersect(part);
                if (!hit.IsEmpty)
                    states.Slice(hit.X - part.X, hit.Width).Fill(PixelState.Failed);
            }
        }
    }

    /// <summary>Pixels without data become 0, since another product may have data there and NaN would spread.</summary>
    private void ClearNever<T>(RasterBlocks file, GridRect part, Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        var rented = ArrayPool<byte>.Shared.Rent(part.Width);
        var states = rented.AsSpan(0, part.Width);
        Judge<T>(file, part, states);
        for (int x = 0; x < states.Length; x++)
        {
            if (states[x] == PixelState.Never)
                values[x] = T.Zero;
        }

        ArrayPool<byte>.Shared.Return(rented);
    }
}
