using Flair.Kernels.Interop;

namespace Flair.Kernels;

/// <summary>Images of one value a class and pixel, in single precision and in host memory, however they lie there. Whoever owns the memory keeps it while this is used.</summary>
public readonly record struct ImageView
{
    /// <summary>The first value.</summary>
    public required nint Pointer { get; init; }

    /// <summary>How many images.</summary>
    public required long Count { get; init; }

    /// <summary>Classes of each.</summary>
    public required long Classes { get; init; }

    /// <summary>Rows of each.</summary>
    public required long Rows { get; init; }

    /// <summary>Columns of each.</summary>
    public required long Columns { get; init; }

    /// <summary>Values from one image to the next.</summary>
    public required long ImageStride { get; init; }

    /// <summary>Values from one class to the next.</summary>
    public required long ClassStride { get; init; }

    /// <summary>Values from one row to the next.</summary>
    public required long RowStride { get; init; }

    /// <summary>Values from one column to the next.</summary>
    public required long ColumnStride { get; init; }

    /// <summary>Images that lie densely, [image][row][column][class].</summary>
    public static ImageView ByPixel(nint pointer, long count, long classes, long rows, long columns) => new()
    {
        Pointer = pointer,
        Count = count,
        Classes = classes,
        Rows = rows,
        Columns = columns,
        ImageStride = rows * columns * classes,
        ClassStride = 1,
        RowStride = columns * classes,
        ColumnStride = classes,
    };

    /// <summary>A part of one of the images.</summary>
    /// <param name="index">Which image.</param>
    /// <param name="part">The part of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image, or the part is not inside.</exception>
    public ImageView Part(long index, PixelRect part)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Count, nameof(index));
        if (!Inside(part.Row, part.Rows, Rows) || !Inside(part.Column, part.Columns, Columns))
            throw new ArgumentOutOfRangeException(nameof(part), part, $"it is not inside {Rows} × {Columns} pixels");
        var first = (index * ImageStride) + (part.Row * RowStride) + (part.Column * ColumnStride);
        return this with { Pointer = Pointer + (nint)(first * sizeof(float)), Count = 1, Rows = part.Rows, Columns = part.Columns };

        static bool Inside(long start, long length, long size) => start >= 0 && length >= 0 && start <= size - length;
    }

    /// <summary>The values one after the other, [image][class][row][column].</summary>
    /// <exception cref="OverflowException">They are more than an array can have.</exception>
    public unsafe float[] ToArray()
    {
        var values = new float[checked((int)(Count * Classes * Rows * Columns))];
        var next = 0;
        for (var i = 0; i < Count; i++)
        {
            for (var c = 0; c < Classes; c++)
            {
                for (var y = 0; y < Rows; y++)
                {
                    var row = (float*)Pointer + (i * ImageStride) + (c * ClassStride) + (y * RowStride);
                    for (var x = 0; x < Columns; x++)
                        values[next++] = row[x * ColumnStride];
                }
            }
        }

        return values;
    }

    /// <summary>Copies one image, [row][column][class].</summary>
    /// <param name="target">Takes it; it has as many values.</param>
    /// <exception cref="InvalidOperationException">There are several images.</exception>
    /// <exception cref="ArgumentException"><paramref name="target"/> is of another size.</exception>
    public unsafe void CopyByPixel(Span<float> target)
    {
        if (Count != 1)
            throw new InvalidOperationException($"{Count} images are not one");
        if (target.Length != Classes * Rows * Columns)
            throw new ArgumentException($"{target.Length} values are not {Rows} × {Columns} × {Classes}", nameof(target));
        var next = 0;
        for (var y = 0; y < Rows; y++)
        {
            var row = (float*)Pointer + (y * RowStride);
            if (ClassStride == 1 && ColumnStride == Classes)
            {
                var length = (int)(Columns * Classes);
                new ReadOnlySpan<float>(row, length).CopyTo(target[next..]);
                next += length;
                continue;
            }

            for (var x = 0; x < Columns; x++)
            {
                for (var c = 0; c < Classes; c++)
                    target[next++] = row[(x * ColumnStride) + (c * ClassStride)];
            }
        }
    }

    internal NativeImage ToNative() => new()
    {
        Values = Pointer,
        Classes = Classes,
        Rows = Rows,
        Columns = Columns,
        ClassStride = ClassStride,
        RowStride = RowStride,
        ColumnStride = ColumnStride,
    };
}
