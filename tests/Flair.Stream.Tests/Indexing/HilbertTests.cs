using Flair.Indexing;

namespace Flair.Tests.Indexing;

public sealed class HilbertTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-16, -16)]
    [InlineData(int.MinValue, int.MinValue)]
    [InlineData(int.MaxValue - 15, int.MaxValue - 15)]
    [InlineData(1_234_560, -32_000_000)]
    public void TheCurveStepsToANeighbourEachTime(int column, int row)
    {
        var points = from dx in Enumerable.Range(0, 16) from dy in Enumerable.Range(0, 16) select (X: column + dx, Y: row + dy);
        var sorted = points.OrderBy(point => Hilbert.Distance(point.X, point.Y)).ToList();
        // A square of 2^k aligned to its size is one unbroken stretch of the curve.
        Assert.Equal(255ul, Hilbert.Distance(sorted[^1].X, sorted[^1].Y) - Hilbert.Distance(sorted[0].X, sorted[0].Y));
        foreach (var (a, b) in sorted.Zip(sorted.Skip(1)))
            Assert.Equal(1, Math.Abs(a.X - b.X) + Math.Abs(a.Y - b.Y));
    }
}
