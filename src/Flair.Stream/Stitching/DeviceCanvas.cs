using Flair.Inference;
using Flair.Kernels;
using Flair.Source;
using Flair.Torch;

namespace Flair.Stitching;

/// <summary>A <see cref="Canvas"/> in the memory of a GPU, which stitches what it computed: only finished classes leave it.</summary>
internal sealed class DeviceCanvas : ICanvas
{
    private readonly bool[] _active;
    private readonly int _height;
    private readonly PixelRect _kept;
    private readonly string _device;
    private readonly Tensor _sums;
    private readonly Tensor _weights;

    /// <summary>Makes an empty canvas.</summary>
    /// <param name="active">One a class: false for a class that is never the answer.</param>
    /// <param name="width">Columns.</param>
    /// <param name="windowSize">Width and height of a window, which the canvas's height follows from.</param>
    /// <param name="weights">Weight of each pixel of a window, [row][column].</param>
    /// <param name="kept">The part of a window that logits are given of.</param>
    /// <param name="device">The inference device.</param>
    public DeviceCanvas(bool[] active, int width, int windowSize, ReadOnlySpan<float> weights, PixelRect kept, string device)
    {
        _kept = kept;
        _active = active;
        _height = CanvasRows.HeightOf(windowSize);
        _device = device;
        _sums = Sums(active.Length, _height, width, device);
        using var window = Tensor.From(weights, windowSize, windowSize);
        using var rows = window.Narrow(0, kept.Row, kept.Rows);
        using var part = rows.Narrow(1, kept.Column, kept.Columns);
        using var dense = part.Contiguous();
        _weights = dense.To(device);
    }

    /// <summary>The logits on the canvas's device, ready for <see cref="Add"/> on this thread; they may come from another device.</summary>
    public WindowLogits Bring(WindowLogits logits)
    {
        var tensor = ((TensorLogits)logits).Tensor;
        tensor.UsedHere();
        return new TensorLogits(tensor.To(_device));
    }

    /// <inheritdoc/>
    public void Add(WindowLogits logits, int index, GridRect window, GridRect part, int left, PixelRect? of = null)
    {
        var (given, tensor) = (of ?? _kept, ((TensorLogits)logits).Tensor);
        using var below = _weights.Narrow(0, given.Row - _kept.Row, given.Rows);
        using var weights = below.Narrow(1, given.Column - _kept.Column, given.Columns);
        foreach (var (row, count) in CanvasRows.Runs(part.Y, part.Height, _height))
        {
            var rows = new PixelRect(row - window.Y - given.Row, part.X - window.X - given.Column, count, part.Width);
            StitchingOperators.BlendAccumulate(tensor, index, weights, _sums, rows, CanvasRows.Slot(row, _height), part.X - left);
        }
    }

    /// <inheritdoc/>
    public int ContiguousRows(int y, int count) => CanvasRows.Contiguous(y, count, _height);

    /// <inheritdoc/>
    public void Take(MapRows rows)
    {
        using var sums = _sums.Narrow(1, CanvasRows.Slot(rows.Y, _height), rows.Count);
        using var band = StitchingOperators.Finish(sums, _active, StitchBlock.Nodata, rows.ClassCount > 0, clear: true);
        CopyToHost(band.Classes, rows.Classes);
        CopyToHost(band.Confidence, rows.Confidence);
        if (band.Probabilities is not null)
            CopyToHost(band.Probabilities, rows.Probabilities);
    }

    /// <summary>Frees the device's memory.</summary>
    public void Dispose()
    {
        _sums.Dispose();
        _weights.Dispose();
    }

    // Pixel by pixel, as networks give their logits.
    private static Tensor Sums(int classes, int height, int width, string device)
    {
        using var byPixel = Creation.Zeros([height, width, classes], TorchScalarType.Float32, device);
        return byPixel.Permute(2, 0, 1);
    }

    private static void CopyToHost(Tensor tensor, Span<byte> target)
    {
        using var host = tensor.To("cpu");
        host.CopyTo(target);
    }
}
