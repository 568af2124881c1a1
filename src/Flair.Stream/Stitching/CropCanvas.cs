using Flair.Settings;
using Flair.Source;
using Flair.Torch;

namespace Flair.Stitching;

/// <summary>
/// A <see cref="Canvas"/> on the CPU for windows whose parts share no pixel, as those that are cropped to their cores: a pixel's class is known with its
/// window, so bytes wait for their rows to be finished and no sums. It gives what a <see cref="Canvas"/> gives, to the bit.
/// </summary>
public sealed class CropCanvas : ICanvas
{
    /// <summary>As many rows' sums stay in a core's own cache.</summary>
    private const int RowsAtOnce = 16;

    private readonly bool[] _active;
    private readonly int _width;
    private readonly int _height;
    private readonly PixelRect _kept;
    private readonly Tensor _sums;
    private readonly Tensor _weights;
    private readonly byte[] _classes;
    private readonly byte[] _confidence;
    private readonly byte[] _probabilities;

    /// <summary>Whether a run's windows can be put together by it.</summary>
    /// <param name="stitch">How windows are put together.</param>
    /// <param name="device">The device that they are put together on.</param>
    public static bool Suits(StitchMode stitch, string device) => stitch == StitchMode.Crop && device == "cpu";

    /// <summary>Makes an empty canvas.</summary>
    /// <param name="active">One a class: false for a class that is never the answer.</param>
    /// <param name="width">Columns.</param>
    /// <param name="windowSize">Width and height of a window; the canvas is as high.</param>
    /// <param name="kept">The part of a window that logits are given of.</param>
    /// <param name="probabilities">Whether <see cref="Take(MapRows)"/> is asked for every class's probability.</param>
    public CropCanvas(bool[] active, int width, int windowSize, PixelRect kept, bool probabilities)
    {
        (_active, _width, _height, _kept) = (active, width, windowSize, kept);
        using (var byPixel = Creation.Zeros([RowsAtOnce, kept.Columns, active.Length]))
            _sums = byPixel.Permute(2, 0, 1);
        _weights = Creation.Zeros([kept.Rows, kept.Columns]);
        _weights.Fill_(1);
        _classes = new byte[windowSize * width];
        _confidence = new byte[windowSize * width];
        _probabilities = probabilities ? new byte[checked(active.Length * windowSize * width)] : [];
        Array.Fill(_classes, StitchBlock.Nodata);
    }

    /// <inheritdoc/>
    public Tensor Bring(Tensor logits)
    {
        logits.UsedHere();
        return logits.To("cpu");
    }

    /// <inheritdoc/>
    public void Add(Tensor logits, int index, GridRect window, GridRect part, int left, PixelRect? of = null)
    {
        var given = of ?? _kept;
        using var below = _weights.Narrow(0, 0, given.Rows);
        using var weights = below.Narrow(1, 0, given.Columns);
        for (var y = part.Y; y < part.Bottom && part.Width > 0; y += RowsAtOnce)
        {
            var count = Math.Min(RowsAtOnce, part.Bottom - y);
            var rows = new PixelRect(y - window.Y - given.Row, part.X - window.X - given.Column, count, part.Width);
            Torch.Stitching.BlendAccumulate(logits, index, weights, _sums, rows, 0, 0);
            using var above = _sums.Narrow(1, 0, count);
            using var sums = above.Narrow(2, 0, part.Width);
            using var band = Torch.Stitching.Finish(sums, null, _active, StitchBlock.Nodata, _probabilities.Length > 0, clear: true);
            Put(band, y, count, part.X - left, part.Width);
        }
    }

    /// <inheritdoc/>
    public int ContiguousRows(int y, int count) => Math.Min(count, _height - Slot(y));

    /// <inheritdoc/>
    public void Take(MapRows rows)
    {
        var (start, length) = (Slot(rows.Y) * _width, rows.Count * _width);
        Take(_classes.AsSpan(start, length), rows.Classes, StitchBlock.Nodata);
        Take(_confidence.AsSpan(start, length), rows.Confidence, 0);
        for (var band = 0; band < rows.ClassCount; band++)
            Take(_probabilities.AsSpan((band * _height * _width) + start, length), rows.Probabilities.Slice(band * length, length), 0);
    }

    /// <summary>Frees the native memory.</summary>
    public void Dispose()
    {
        _sums.Dispose();
        _weights.Dispose();
    }

    private static void Take(Span<byte> from, Span<byte> to, byte empty)
    {
        from.CopyTo(to);
        from.Fill(empty);
    }

    private void Put(FinishedBand band, int y, int count, int column, int width)
    {
        var pixels = PixelPool.Shared.Rent(count * width * (_probabilities.Length > 0 ? _active.Length : 1));
        try
        {
            Put(band.Classes, 1, _classes);
            Put(band.Confidence, 1, _confidence);
            if (band.Probabilities is not null)
                Put(band.Probabilities, _active.Length, _probabilities);
        }
        finally
        {
            PixelPool.Shared.Return(pixels);
        }

        void Put(Tensor from, int bands, byte[] plane)
        {
            from.CopyTo(pixels.AsSpan(0, bands * count * width));
            for (var i = 0; i < bands * count; i++)
            {
                var (of, row) = Math.DivRem(i, count);
                pixels.AsSpan(i * width, width).CopyTo(plane.AsSpan((((of * _height) + Slot(y + row)) * _width) + column));
            }
        }
    }

    private int Slot(int row) => GridMath.FloorRemainder(row, _height);
}
