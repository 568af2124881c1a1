using Flair.Running;

namespace Flair.Tests.Running;

public sealed class KnownRowsTests
{
    [Fact]
    public void Rows_come_out_in_the_order_they_went_in_however_they_are_cut()
    {
        const int width = 7, stride = 10, rows = 60;
        var all = new byte[rows * stride];
        new Random(3).NextBytes(all);
        var known = new KnownRows(width);
        for (int y = 0, step = 1; y < rows; y += step, step = (step % 9) + 1)
            known.Put(all.AsSpan(y * stride), stride, Math.Min(step, rows - y));
        var taken = new List<byte>();
        for (int y = 0, step = 5; y < rows; y += step, step = (step % 7) + 1)
        {
            var part = new byte[Math.Min(step, rows - y) * width];
            known.Take(part);
            taken.AddRange(part);
        }

        Assert.Equal(Enumerable.Range(0, rows).SelectMany(y => all.Skip(y * stride).Take(width)), taken);
        Assert.Throws<InvalidOperationException>(() => known.Take(new byte[width]));
    }
}
