using Flair.Inference;
using Flair.Kernels;
using Flair.Settings;
using Flair.Source;

namespace Flair.Stitching;

/// <summary>
/// A <see cref="Canvas"/> for windows whose parts share no pixel, as those that are cropped to their cores: a pixel's class is known with its
/// window, so bytes wait for their rows to be finished and no sums. It gives what a <see cref="Canvas"/> gives, to the bit.
/// </summary>
internal sealed class CropCanvas : ICanvas
{
    /// <summary>As many rows' sums stay in a core's own cache.</summary>
    private const int RowsAtOnce = 16;

    private readonly bool[] _active;
    private readonly int _width;
    private readonly int _height;
    private readonly PixelRect _kept;
    private readonly int _threads;
    private readonly HostBuffer _memory;
    private readonly ImageView _sums;
    private readonly float[] _weights;
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
    /// <param name="windowSize">Width and height of a window, which the canvas's height follows from.</param>
    /// <param name="kept">The part of a window that logits are given of.</param>
    /// <param name="probabilities">Whether <see cref="Take(MapRows)"/> is asked for every class's probability.</param>
    /// <param name="threads">Threads that share the work.</param>
    public CropCanvas(bool[] active, int width, int windowSize, PixelRect kept, bool probabilities, int threads)
    {
        (_active, _width, _height, _kept, _threads) = (active, width, CanvasRows.HeightOf(windowSize), kept, threads);
        var values = RowsAtOnce * (int)kept.Columns * active.Length;
        _memory = HostBuffer.Take((long)values * sizeof(float));
        _memory.AsSpan<float>(0, values).Clear();
        _sums = ImageView.ByPixel(_memory.Pointer, 1, active.Length, RowsAtOnce, kept.Columns);
        _weights = new float[RowsAtOnce * (int)kept.Columns];
        Array.Fill(_weights, 1);
        _classes = new byte[_height * width];
        _confidence = new byte[_height * width];
        _probabilities = probabilities ? new byte[checked(active.Length * _height * width)] : [];
        Array.Fill(_classes, StitchBlock.Nodata);
    }

    /// <inheritdoc/>
    public void Add(WindowLogits logits, int index, GridRect window, GridRect part, int left, PixelRect? of = null)
    {
        if (part.Width == 0)
            return;
        var (given, view) = (of ?? _kept, logits.View);
        foreach (var (y, count) in CanvasRows.Runs(part.Y, part.Height, _height, RowsAtOnce))
        {
            var sums = _sums.Part(0, new(0, 0, count, part.Width));
            StitchingKernels.BlendAccumulate(
                view.Part(index, new(y - window.Y - given.Row, part.X - window.X - given.Column, count, part.Width)), _weights, part.Width, sums, _threads);
            var start = (CanvasRows.Slot(y, _height) * _width) + part.X - left;
            var result = new FinishedRows
            {
                Classes = _classes.AsSpan(start),
                Confidence = _confidence.AsSpan(start),
                Probabilities = _probabilities.Length > 0 ? _probabilities.AsSpan(start) : default,
                RowStride = _width,
                ClassStride = _height * _width,
            };
            StitchingKernels.Finish(sums, _active, StitchBlock.Nodata, clear: true, result, _threads);
        }
    }

    /// <inheritdoc/>
    public int ContiguousRows(int y, int count) => CanvasRows.Contiguous(y, count, _height);

    /// <inheritdoc/>
    public void Take(MapRows rows)
    {
        var (start, length) = (CanvasRows.Slot(rows.Y, _height) * _width, rows.Count * _width);
        Take(_classes.AsSpan(start, length), rows.Classes, StitchBlock.Nodata);
        Take(_confidence.AsSpan(start, length), rows.Confidence, 0);
        for (var band = 0; band < rows.ClassCount; band++)
            Take(_probabilities.AsSpan((band * _height * _width) + start, length), rows.Probabilities.Slice(band * length, length), 0);
    }

    /// <summary>Gives the native memory back.</summary>
    public void Dispose() => _memory.Dispose();

    private static void Take(Span<byte> from, Span<byte> to, byte empty)
    {
        from.CopyTo(to);
        from.Fill(empty);
    }
}
