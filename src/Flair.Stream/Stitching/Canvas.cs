using Flair.Inference;
using Flair.Kernels;
using Flair.Source;

namespace Flair.Stitching;

/// <summary>Sums of weighted class probabilities over a band of rows, in host memory.</summary>
internal sealed class Canvas : ICanvas
{
    private readonly bool[] _active;
    private readonly int _width;
    private readonly int _height;
    private readonly int _windowSize;
    private readonly PixelRect _kept;
    private readonly int _threads;
    private readonly HostBuffer _memory;
    private readonly ImageView _sums;
    private readonly float[] _weights;

    /// <summary>Makes an empty canvas.</summary>
    /// <param name="active">One a class: false for a class that is never the answer.</param>
    /// <param name="width">Columns.</param>
    /// <param name="windowSize">Width and height of a window, which the canvas's height follows from.</param>
    /// <param name="weights">Weight of each pixel of a window, [row][column].</param>
    /// <param name="kept">The part of a window that logits are given of.</param>
    /// <param name="threads">Threads that share the work.</param>
    public Canvas(bool[] active, int width, int windowSize, float[] weights, PixelRect kept, int threads)
    {
        (_active, _width, _windowSize, _kept, _threads, _weights) = (active, width, windowSize, kept, threads, weights);
        _height = CanvasRows.HeightOf(windowSize);
        _memory = HostBuffer.Take((long)_height * width * active.Length * sizeof(float));
        // Pixel by pixel, as fused networks give their logits.
        _sums = ImageView.ByPixel(_memory.Pointer, 1, active.Length, _height, width);
        for (var row = 0; row < _height; row++)
            _memory.AsSpan<float>(row * (long)width * active.Length, width * active.Length).Clear();
    }

    /// <inheritdoc/>
    public void Add(WindowLogits logits, int index, GridRect window, GridRect part, int left, PixelRect? of = null)
    {
        if (part.Width == 0)
            return;
        var (given, view) = (of ?? _kept, logits.View);
        foreach (var (row, count) in CanvasRows.Runs(part.Y, part.Height, _height))
        {
            var (y, x) = (row - window.Y, part.X - window.X);
            StitchingKernels.BlendAccumulate(
                view.Part(index, new(y - given.Row, x - given.Column, count, part.Width)),
                _weights.AsSpan((y * _windowSize) + x),
                _windowSize,
                _sums.Part(0, new(CanvasRows.Slot(row, _height), part.X - left, count, part.Width)),
                _threads);
        }
    }

    /// <inheritdoc/>
    public int ContiguousRows(int y, int count) => CanvasRows.Contiguous(y, count, _height);

    /// <summary>
    /// Takes finished rows out of the canvas and leaves them empty. What the probabilities of a pixel add up to is the sum of its weights, so
    /// dividing by it averages also where a neighbour was not run. A pixel that no window touched gets <see cref="StitchBlock.Nodata"/>.
    /// </summary>
    public void Take(MapRows rows)
    {
        var result = new FinishedRows
        {
            Classes = rows.Classes,
            Confidence = rows.Confidence,
            Probabilities = rows.ClassCount > 0 ? rows.Probabilities : default,
            RowStride = _width,
            ClassStride = rows.Count * _width,
        };
        StitchingKernels.Finish(_sums.Part(0, new(CanvasRows.Slot(rows.Y, _height), 0, rows.Count, _width)), _active, StitchBlock.Nodata, clear: true, result, _threads);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _memory.Dispose();
}
