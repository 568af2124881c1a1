namespace Flair.Source;

/// <summary>Finds the pixels that lie in a solid square of marked ones: a morphological opening by a square.</summary>
internal static class SolidSquares
{
    /// <summary>
    /// Sets the bytes of <paramref name="marks"/> that lie in some square of <paramref name="side"/>² non-zero bytes to 1, all others to
    /// 0. Squares lie wholly inside the array, so that its margin must be side − 1 wide where the answer counts.
    /// </summary>
    /// <param name="marks">[row][column], changed in place.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="side">Side of the square; 1 or more.</param>
    public static void Open(Span<byte> marks, int width, int height, int side)
    {
        if (side <= 1)
        {
            foreach (ref byte mark in marks)
                mark = mark != 0 ? (byte)1 : (byte)0;
            return;
        }

        // Down: 1 where a full square has its south-east corner. Rows are replaced as they are passed.
        var down = new int[width];
        for (int y = 0; y < height; y++)
        {
            var row = marks.Slice(y * width, width);
            int run = 0;
            for (int x = 0; x < width; x++)
            {
                run = row[x] != 0 ? run + 1 : 0;
                down[x] = run >= side ? down[x] + 1 : 0;
                row[x] = down[x] >= side ? (byte)1 : (byte)0;
            }
        }

        // Up: every pixel that is within side columns west and side rows north of a corner.
        var left = new int[width];
        for (int y = height - 1; y >= 0; y--)
        {
            var row = marks.Slice(y * width, width);
            int run = 0;
            for (int x = width - 1; x >= 0; x--)
            {
                run = row[x] != 0 ? side : Math.Max(0, run - 1);
                left[x] = run > 0 ? side : Math.Max(0, left[x] - 1);
                row[x] = left[x] > 0 ? (byte)1 : (byte)0;
            }
        }
    }
}
