using Flair.Source;
using Flair.Torch;

namespace Flair.Stitching;

/// <summary>
/// Sums of weighted class probabilities over a band of rows, on the inference device. Row r of the grid lies in row r mod height, so that
/// the band moves south without copying.
/// </summary>
public sealed class Canvas : ICanvas
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
    /// <param name="windowSize">Width and height of a window; the canvas is as high.</param>
    /// <param name="weights">Weight of each pixel of a window, [row][column].</param>
    /// <param name="kept">The part of a window that logits are given of.</param>
    /// <param name="device">The inference device.</param>
    public Canvas(bool[] active, int width, int windowSize, ReadOnlySpan<float> weights, PixelRect kept, string device)
    {
        _kept = kept;
        _active = active;
        _height = windowSize;
        _device = device;
        _sums = Sums(active.Length, windowSize, width, device);
        using var window = Tensor.From(weights, windowSize, windowSize);
        using var rows = window.Narrow(0, kept.Row, kept.Rows);
        using var part = rows.Narrow(1, kept.Column, kept.Columns);
        using var dense = part.Contiguous();
        _weights = dense.To(device);
    }

    /// <summary>The logits on the canvas's device, ready for <see cref="Add"/> on this thread; they may come from another device. The caller's.</summary>
    public Tensor Bring(Tensor logits)
    {
        logits.UsedHere();
        return logits.To(_device);
    }

    /// <summary>Adds the softmax of one window's logits, weighted.</summary>
    /// <param name="logits">[batch, classes, rows, columns] on the canvas's device.</param>
    /// <param name="index">Which of the batch.</param>
    /// <param name="window">Where the window lies.</param>
    /// <param name="part">The part of it to add; inside the part that logits are given of, and inside the canvas's columns.</param>
    /// <param name="left">The grid column of the canvas's first.</param>
    /// <param name="of">The part of the window that these logits are of; null: the one that the canvas was made for.</param>
    public void Add(Tensor logits, int index, GridRect window, GridRect part, int left, PixelRect? of = null)
    {
        var given = of ?? _kept;
        using var below = _weights.Narrow(0, given.Row - _kept.Row, given.Rows);
        using var weights = below.Narrow(1, given.Column - _kept.Column, given.Columns);
        foreach (var (row, count) in Runs(part.Y, part.Height))
        {
            var rows = new PixelRect(row - window.Y - given.Row, part.X - window.X - given.Column, count, part.Width);
            Torch.Stitching.BlendAccumulate(logits, index, weights, _sums, rows, Slot(row), part.X - left);
        }
    }

    /// <summary>How many of <paramref name="count"/> rows from <paramref name="y"/> on lie one below the other in the canvas.</summary>
    public int ContiguousRows(int y, int count) => Runs(y, count).First().Count;

    /// <summary>
    /// Takes finished rows out of the canvas and leaves them empty. What the probabilities of a pixel add up to is the sum of its weights, so
    /// dividing by it averages also where a neighbour was not run. A pixel that no window touched gets <see cref="StitchBlock.Nodata"/>.
    /// </summary>
    /// <param name="rows">Says which rows and takes what is asked for; they must be contiguous (see <see cref="ContiguousRows"/>).</param>
    public void Take(MapRows rows)
    {
        using var sums = _sums.Narrow(1, Slot(rows.Y), rows.Count);
        using var band = Torch.Stitching.Finish(sums, null, _active, StitchBlock.Nodata, rows.ClassCount > 0, clear: true);
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

    private int Slot(int row) => GridMath.FloorRemainder(row, _height);

    private IEnumerable<(int Row, int Count)> Runs(int row, int count)
    {
        var first = Math.Min(count, _height - Slot(row));
        yield return (row, first);
        if (count > first)
            yield return (row + first, count - first);
    }
}
