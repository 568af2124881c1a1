using System.Runtime.InteropServices;
using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>A rectangle of a window or of an image, in pixels.</summary>
/// <param name="Row">The first row.</param>
/// <param name="Column">The first column.</param>
/// <param name="Rows">Its height; 0 or more.</param>
/// <param name="Columns">Its width; 0 or more.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PixelRect(long Row, long Column, long Rows, long Columns);

/// <summary>
/// Windows' logits into sums of weighted probabilities, and those into classes. On the CPU each is one pass of a kernel of our own
/// (shim/stitch.cpp), elsewhere a few operators of libtorch. Results do not depend on the number of threads; logits must be finite.
/// </summary>
public static unsafe class Stitching
{
    /// <summary>
    /// Adds a window's class probabilities, weighted, into sums:
    /// <c>sums[c, row + i, column + j] += weights[part.Row + i, part.Column + j] · softmax(logits[index, :, part.Row + i, part.Column + j])[c]</c>
    /// for 0 ≤ i &lt; part.Rows, 0 ≤ j &lt; part.Columns.
    /// </summary>
    /// <param name="logits">[n, classes, h, w] float32, in any memory format.</param>
    /// <param name="index">The window of the batch.</param>
    /// <param name="weights">[h, w] float32, on the same device.</param>
    /// <param name="sums">
    /// [classes, H, W] float32, on the same device; changed. On the CPU dense along W, or, which costs least where the logits lie so too, a
    /// permuted [H, W, classes].
    /// </param>
    /// <param name="part">The part of the window that is added.</param>
    /// <param name="row">The row of <paramref name="sums"/> that takes the part's first.</param>
    /// <param name="column">The column of <paramref name="sums"/> that takes the part's first.</param>
    /// <exception cref="TorchException">Shapes, types or devices do not fit, or the part is not inside its window or its sums.</exception>
    public static void BlendAccumulate(Tensor logits, long index, Tensor weights, Tensor sums, PixelRect part, long row, long column)
    {
        if (sums.IsOnHost)
            Native.Check(Native.Blend(logits, index, weights, sums, &part, row, column), "blend");
        else
            StitchingByOperators.BlendAccumulate(logits, index, weights, sums, part, row, column);
    }

    /// <summary>Classes of sums that <see cref="BlendAccumulate"/> made; see <see cref="FinishedBand"/>.</summary>
    /// <param name="sums">[classes, rows, W] float32, laid out as <see cref="BlendAccumulate"/> takes them; a view of some rows will do.</param>
    /// <param name="totals">[rows, W] float32: what the probabilities of a pixel add up to; null: the sum of <paramref name="sums"/> over all classes.</param>
    /// <param name="active">One flag a class; an inactive class is never chosen, its probability still counts in the total. At least one is set.</param>
    /// <param name="nodata">The class code where the total is 0.</param>
    /// <param name="probabilities">Whether every class's probability is wanted.</param>
    /// <param name="clear">Whether to leave <paramref name="sums"/> 0.</param>
    /// <returns>Tensors of the caller's, on the device of <paramref name="sums"/>.</returns>
    /// <exception cref="TorchException">Shapes, types or devices do not fit, there are more than 256 classes, or none is active.</exception>
    public static FinishedBand Finish(Tensor sums, Tensor? totals, ReadOnlySpan<bool> active, byte nodata, bool probabilities, bool clear = false)
    {
        if (!sums.IsOnHost)
            return StitchingByOperators.Finish(sums, totals, active, nodata, probabilities, clear);
        if (sums.Shape is not [var classCount, var rows, var columns])
            throw new TorchException($"libtorch: finish: sums must have three dimensions, not {sums.Shape.Count}");
        var band = new FinishedBand(
            Creation.Empty([rows, columns], TorchScalarType.UInt8),
            Creation.Empty([rows, columns], TorchScalarType.UInt8),
            probabilities ? Creation.Empty([classCount, rows, columns], TorchScalarType.UInt8) : null);
        try
        {
            using var none = new Tensor(0);
            fixed (bool* flags = active)
            {
                Native.Check(
                    Native.Finish(
                        sums,
                        totals ?? none,
                        (byte*)flags,
                        active.Length,
                        nodata,
                        clear ? 1 : 0,
                        band.Classes,
                        band.Confidence,
                        band.Probabilities ?? none),
                    "finish");
            }

            return band;
        }
        catch
        {
            band.Dispose();
            throw;
        }
    }
}

/// <summary>Rows of a finished map.</summary>
/// <param name="Classes">[rows, W] uint8: the index of the likeliest active class, of equals the first.</param>
/// <param name="Confidence">[rows, W] uint8: ⌊255 p⌋ of that class; 0 where there is no data.</param>
/// <param name="Probabilities">[classes, rows, W] uint8: ⌊255 p⌋ of every class; 0 where there is no data. Null where not asked for.</param>
public sealed record FinishedBand(Tensor Classes, Tensor Confidence, Tensor? Probabilities) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Classes.Dispose();
        Confidence.Dispose();
        Probabilities?.Dispose();
    }
}
