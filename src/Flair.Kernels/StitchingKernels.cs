using Flair.Kernels.Interop;

namespace Flair.Kernels;

/// <summary>
/// Windows' logits into sums of weighted probabilities, and those into classes, in one pass each (shim/stitch.cpp). Every pixel is computed by itself, so
/// results depend neither on how many threads share the rows nor on how an image is cut. Logits must be finite.
/// </summary>
public static unsafe class StitchingKernels
{
    private const int MostClasses = 256;

    /// <summary>
    /// Adds a window's class probabilities, weighted, into sums: <c>sums[c, i, j] += weights[i, j] · softmax(logits[:, i, j])[c]</c>.
    /// </summary>
    /// <param name="logits">One image.</param>
    /// <param name="weights">The first row's weights, and the further ones' after it.</param>
    /// <param name="weightsStride">Weights from one row to the next.</param>
    /// <param name="sums">One image of the same size, which is changed. It lies class by class with dense rows, or, which costs least where the logits lie so too, pixel by pixel.</param>
    /// <param name="threads">Threads that share the rows.</param>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void BlendAccumulate(in ImageView logits, ReadOnlySpan<float> weights, int weightsStride, in ImageView sums, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        CheckSums(sums);
        if (logits.Count != 1 || logits.Classes < 1 || (logits.Classes, logits.Rows, logits.Columns) != (sums.Classes, sums.Rows, sums.Columns))
            throw new ArgumentException($"{logits} do not fit {sums}", nameof(logits));
        if (logits.Rows == 0 || logits.Columns == 0)
            return;
        if (weightsStride < logits.Columns || weights.Length < ((logits.Rows - 1) * weightsStride) + logits.Columns)
            throw new ArgumentException($"{weights.Length} weights in rows of {weightsStride} do not fit {logits}", nameof(weights));
        var (from, to) = (logits.ToNative(), sums.ToNative());
        fixed (float* first = weights)
            Native.Blend(&from, first, weightsStride, &to, threads);
    }

    /// <summary>Classes of sums that <see cref="BlendAccumulate"/> made.</summary>
    /// <param name="sums">One image that lies as that method takes it.</param>
    /// <param name="active">One flag a class; an inactive class is never chosen, its probability still counts. At least one is set.</param>
    /// <param name="nodata">The class code where all sums are 0.</param>
    /// <param name="clear">Whether to leave <paramref name="sums"/> 0.</param>
    /// <param name="rows">Takes the result.</param>
    /// <param name="threads">Threads that share the rows.</param>
    /// <exception cref="ArgumentException">They do not fit, there are more than 256 classes, or none is active.</exception>
    public static void Finish(in ImageView sums, ReadOnlySpan<bool> active, byte nodata, bool clear, in FinishedRows rows, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        CheckSums(sums);
        if (active.Length != sums.Classes || sums.Classes > MostClasses || !active.Contains(true))
            throw new ArgumentException($"{active.Length} flags, {active.Count(true)} of them set, for {sums}", nameof(active));
        if (sums.Rows == 0 || sums.Columns == 0)
            return;
        var pixels = ((sums.Rows - 1) * rows.RowStride) + sums.Columns;
        if (rows.RowStride < sums.Columns || rows.Classes.Length < pixels || rows.Confidence.Length < pixels
            || (!rows.Probabilities.IsEmpty && (rows.ClassStride < pixels || rows.Probabilities.Length < ((sums.Classes - 1) * (long)rows.ClassStride) + pixels)))
            throw new ArgumentException($"rows of {rows.RowStride} do not take {sums}", nameof(rows));
        var from = sums.ToNative();
        fixed (bool* flags = active)
        fixed (byte* classes = rows.Classes, confidence = rows.Confidence, probabilities = rows.Probabilities)
        {
            var to = new NativeFinished { Classes = classes, Confidence = confidence, Probabilities = probabilities, RowStride = rows.RowStride, ClassStride = rows.ClassStride };
            Native.Finish(&from, (byte*)flags, nodata, clear ? 1 : 0, &to, threads);
        }
    }

    private static void CheckSums(in ImageView sums)
    {
        if (sums.Count != 1 || (sums.ColumnStride != 1 && (sums.ClassStride != 1 || sums.ColumnStride != sums.Classes)))
            throw new ArgumentException($"{sums} lie neither class by class with dense rows nor pixel by pixel", nameof(sums));
    }
}

/// <summary>Where a finished part of a map goes, a byte a pixel.</summary>
public readonly ref struct FinishedRows
{
    /// <summary>The index of the likeliest active class, of equals the first.</summary>
    public required Span<byte> Classes { get; init; }

    /// <summary>⌊255 p⌋ of that class; 0 where there is no data.</summary>
    public required Span<byte> Confidence { get; init; }

    /// <summary>⌊255 p⌋ of every class; 0 where there is no data. Empty where not asked for.</summary>
    public Span<byte> Probabilities { get; init; }

    /// <summary>Pixels from one row to the next.</summary>
    public required int RowStride { get; init; }

    /// <summary>Pixels from one class's probabilities to the next class's.</summary>
    public int ClassStride { get; init; }
}
