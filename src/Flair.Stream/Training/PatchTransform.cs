using Flair.Checkpoints;

namespace Flair.Training;

/// <summary>
/// One of the eight ways to lay a square: the value at (row, column) comes from (column, row) where transposed, and then from the other end
/// where flipped.
/// </summary>
/// <param name="Transposed">Rows and columns change places.</param>
/// <param name="FlippedRows">Rows are counted from below.</param>
/// <param name="FlippedColumns">Columns are counted from the right.</param>
internal readonly record struct PatchTransform(bool Transposed, bool FlippedRows, bool FlippedColumns)
{
    /// <summary>
    /// FLAIR-1's augmentation (albumentations): a vertical flip, a horizontal flip and a rotation by 0 to 3 quarter turns, each with
    /// probability 0.5. It is a function of its arguments, so that a training that is resumed draws what it would have drawn.
    /// </summary>
    /// <param name="seed">The training's seed.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="patch">The patch's place in its list, from 0.</param>
    public static PatchTransform Draw(int seed, int epoch, int patch)
    {
        var start = NamedRandom.Start($"augmentation {seed} {epoch} {patch}");
        var transform = default(PatchTransform);
        if (Heads(start, 0))
            transform = transform.FlipVertically();
        if (Heads(start, 1))
            transform = transform.FlipHorizontally();
        if (Heads(start, 2))
        {
            for (var turns = (int)(NamedRandom.Bits(start, 3) >> 62); turns > 0; turns--)
                transform = transform.Turn();
        }

        return transform;
    }

    /// <summary>Then upside down.</summary>
    public PatchTransform FlipVertically() => Transposed ? this with { FlippedColumns = !FlippedColumns } : this with { FlippedRows = !FlippedRows };

    /// <summary>Then mirrored.</summary>
    public PatchTransform FlipHorizontally() => Transposed ? this with { FlippedRows = !FlippedRows } : this with { FlippedColumns = !FlippedColumns };

    /// <summary>Then a quarter turn counter-clockwise, as <c>numpy.rot90</c>.</summary>
    public PatchTransform Turn() => Transposed
        ? new(false, !FlippedRows, FlippedColumns)
        : new(true, FlippedRows, !FlippedColumns);

    /// <summary>Lays planes of values.</summary>
    /// <param name="source">[plane][row][column].</param>
    /// <param name="destination">The same, laid.</param>
    /// <param name="width">Columns; of a square where it is transposed.</param>
    /// <param name="height">Rows.</param>
    public void Apply<T>(ReadOnlySpan<T> source, Span<T> destination, int width, int height)
    {
        var plane = width * height;
        for (var offset = 0; offset < source.Length; offset += plane)
        {
            var from = source.Slice(offset, plane);
            var to = destination.Slice(offset, plane);
            for (var row = 0; row < height; row++)
            {
                var line = to.Slice(row * width, width);
                if (Transposed)
                {
                    var column = FlippedColumns ? width - 1 - row : row;
                    for (var i = 0; i < line.Length; i++)
                        line[i] = from[((FlippedRows ? height - 1 - i : i) * width) + column];
                }
                else
                {
                    from.Slice((FlippedRows ? height - 1 - row : row) * width, width).CopyTo(line);
                    if (FlippedColumns)
                        line.Reverse();
                }
            }
        }
    }

    private static bool Heads(ulong start, ulong index) => NamedRandom.Bits(start, index) >> 63 == 0;
}
