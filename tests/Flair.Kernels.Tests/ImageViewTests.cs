namespace Flair.Kernels.Tests;

public sealed class ImageViewTests
{
    private const int Count = 2, Classes = 3, Rows = 4, Columns = 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_part_is_where_it_lies_in_either_layout(bool byPixel)
    {
        using var memory = HostBuffer.Take(Count * Classes * Rows * Columns * sizeof(float));
        var view = byPixel
            ? ImageView.ByPixel(memory.Pointer, Count, Classes, Rows, Columns)
            : ImageView.ByPixel(memory.Pointer, Count, Classes, Rows, Columns) with { ClassStride = Rows * Columns, RowStride = Columns, ColumnStride = 1 };
        var values = memory.AsSpan<float>(0, Count * Classes * Rows * Columns);
        foreach (var (i, c, y, x) in All(Count, Rows, Columns))
            values[(int)((i * view.ImageStride) + (c * view.ClassStride) + (y * view.RowStride) + (x * view.ColumnStride))] = Value(i, c, y, x);

        Assert.Equal(All(Count, Rows, Columns).Select(at => Value(at.Image, at.Class, at.Row, at.Column)), view.ToArray());
        var part = view.Part(1, new PixelRect(1, 2, 2, 3));
        Assert.Equal(All(1, 2, 3).Select(at => Value(1, at.Class, at.Row + 1, at.Column + 2)), part.ToArray());
        var pixels = new float[2 * 3 * Classes];
        part.CopyByPixel(pixels);
        Assert.Equal(All(1, 2, 3).OrderBy(at => at.Row).ThenBy(at => at.Column).Select(at => Value(1, at.Class, at.Row + 1, at.Column + 2)), pixels);

        Assert.Throws<InvalidOperationException>(() => view.CopyByPixel(new float[Count * Classes * Rows * Columns]));
        Assert.Throws<ArgumentException>(() => part.CopyByPixel(new float[1]));
    }

    [Theory]
    [InlineData(2, 0, 0, 1, 1)]
    [InlineData(-1, 0, 0, 1, 1)]
    [InlineData(0, -1, 0, 1, 1)]
    [InlineData(0, 1, 0, 4, 1)]
    [InlineData(0, 0, 3, 1, 3)]
    [InlineData(0, 0, 0, -1, 1)]
    public void A_part_outside_is_refused(long index, long row, long column, long rows, long columns) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageView.ByPixel(64, Count, Classes, Rows, Columns).Part(index, new PixelRect(row, column, rows, columns)));

    private static IEnumerable<(int Image, int Class, int Row, int Column)> All(int count, int rows, int columns) =>
        from i in Enumerable.Range(0, count)
        from c in Enumerable.Range(0, Classes)
        from y in Enumerable.Range(0, rows)
        from x in Enumerable.Range(0, columns)
        select (i, c, y, x);

    private static float Value(int image, int c, int row, int column) => (1000 * image) + (100 * c) + (10 * row) + column;
}
