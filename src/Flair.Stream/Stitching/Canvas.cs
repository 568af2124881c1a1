using Flair.Source;
using Flair.Torch;

namespace Flair.Stitching;

/// <summary>
/// Sums of weighted class probabilities over a band of rows, on the inference device. Row r of the grid lies in row r mod height, so that
/// the band moves south without copying.
/// </summary>
public sealed class Canvas : IDisposable
{
    private readonly int _height;
    private readonly Tensor _sums;
    private readonly Tensor _weightSums;
    private readonly Tensor _weights;
    private readonly Tensor? _inactive;

    /// <summary>Makes an empty canvas.</summary>
    /// <param name="active">One a class: false for a class that is never the answer.</param>
    /// <param name="width">Columns.</param>
    /// <param name="windowSize">Width and height of a window; the canvas is as high.</param>
    /// <param name="weights">Weight of each pixel of a window, [row][column].</param>
    /// <param name="device">The inference device.</param>
    public Canvas(IReadOnlyList<bool> active, int width, int windowSize, ReadOnlySpan<float> weights, string device)
    {
        _height = windowSize;
        _sums = Creation.Zeros([active.Count, windowSize, width], TorchScalarType.Float32, device);
        _weightSums = Creation.Zeros([windowSize, width], TorchScalarType.Float32, device);
        using var window = Tensor.From(weights, windowSize, windowSize);
        _weights = window.To(device);
        if (active.Contains(false))
        {
            using var inactive = Tensor.From<byte>([.. active.Select(a => a ? (byte)0 : (byte)1)], active.Count, 1, 1);
            _inactive = inactive.To(device, TorchScalarType.Bool);
        }
    }

    /// <summary>Adds the softmax of one window's logits, weighted.</summary>
    /// <param name="logits">[batch, classes, size, size] on the canvas's device.</param>
    /// <param name="index">Which of the batch.</param>
    /// <param name="window">Where the window lies.</param>
    /// <param name="part">The part of it to add; inside the canvas's columns.</param>
    /// <param name="left">The grid column of the canvas's first.</param>
    public void Add(Tensor logits, int index, GridRect window, GridRect part, int left)
    {
        using var one = logits.Select(0, index);
        using var probabilities = one.Softmax(0);
        foreach (var (row, count) in Runs(part.Y, part.Height))
        {
            using var values = Cut(probabilities, 1, row - window.Y, count, part.X - window.X, part.Width);
            using var weights = Cut(_weights, 0, row - window.Y, count, part.X - window.X, part.Width);
            using var sums = Cut(_sums, 1, Slot(row), count, part.X - left, part.Width);
            using var weightSums = Cut(_weightSums, 0, Slot(row), count, part.X - left, part.Width);
            sums.AddProduct_(values, weights);
            weightSums.Add_(weights);
        }
    }

    /// <summary>How many of <paramref name="count"/> rows from <paramref name="y"/> on lie one below the other in the canvas.</summary>
    public int ContiguousRows(int y, int count) => Runs(y, count).First().Count;

    /// <summary>Takes finished rows out of the canvas and leaves them empty. A pixel that no window touched gets <see cref="StitchBlock.Nodata"/>.</summary>
    /// <param name="rows">Says which rows and takes what is asked for; they must be contiguous (see <see cref="ContiguousRows"/>).</param>
    public void Take(MapRows rows)
    {
        using var sums = _sums.Narrow(1, Slot(rows.Y), rows.Count);
        using var weightSums = _weightSums.Narrow(0, Slot(rows.Y), rows.Count);
        using var untouched = weightSums.EqualTo(0);
        weightSums.MaskedFill_(untouched, 1);
        sums.Div_(weightSums);
        if (rows.ClassCount > 0)
        {
            using var scaled = sums.Mul(255);
            using var bytes = scaled.To(TorchScalarType.UInt8);
            using var host = bytes.To("cpu");
            host.CopyTo(rows.Probabilities);
        }

        if (_inactive is not null)
            sums.MaskedFill_(_inactive, -1);
        var (values, indices) = sums.Max(0);
        using (values)
        using (indices)
        {
            values.MaskedFill_(untouched, 0);
            using var classes = indices.To(TorchScalarType.UInt8);
            classes.MaskedFill_(untouched, StitchBlock.Nodata);
            using var hostValues = values.To("cpu");
            using var hostClasses = classes.To("cpu");
            hostValues.CopyTo(rows.Confidence);
            hostClasses.CopyTo(rows.Classes);
        }

        sums.Zero_();
        weightSums.Zero_();
    }

    /// <summary>Frees the device's memory.</summary>
    public void Dispose()
    {
        _sums.Dispose();
        _weightSums.Dispose();
        _weights.Dispose();
        _inactive?.Dispose();
    }

    private static Tensor Cut(Tensor tensor, int rowDimension, int row, int rows, int column, int columns)
    {
        using var band = tensor.Narrow(rowDimension, row, rows);
        return band.Narrow(rowDimension + 1, column, columns);
    }

    private int Slot(int row) => ((row % _height) + _height) % _height;

    private IEnumerable<(int Row, int Count)> Runs(int row, int count)
    {
        var first = Math.Min(count, _height - Slot(row));
        yield return (row, first);
        if (count > first)
            yield return (row + first, count - first);
    }
}
