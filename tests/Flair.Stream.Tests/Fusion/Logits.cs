using Flair.Fusion;

namespace Flair.Tests.Fusion;

/// <summary>What tests do with logits [row][column][class].</summary>
internal static class Logits
{
    /// <summary>Those of a part of the window.</summary>
    public static float[] Cut(float[] whole, int size, MapRegion part)
    {
        var classes = whole.Length / size / size;
        var result = new float[part.Area * classes];
        for (var row = 0; row < part.Rows; row++)
            Array.Copy(whole, (((part.Row + row) * size) + part.Column) * classes, result, row * part.Columns * classes, part.Columns * classes);
        return result;
    }

    /// <summary>The same numbers but for so much of the largest of them.</summary>
    public static void AssertNear(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var worst = expected.Zip(actual, (e, a) => Math.Abs((double)e - a)).Max();
        Assert.InRange(worst / expected.Max(Math.Abs), 0, tolerance);
    }

    /// <summary>How many pixels have the same logits but for so much of the largest of all, of all pixels.</summary>
    public static double ShareOfPixelsNear(float[] expected, float[] actual, int classes, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var limit = expected.Max(Math.Abs) * tolerance;
        var pixels = expected.Length / classes;
        return (double)Enumerable.Range(0, pixels).Count(p => Enumerable.Range(p * classes, classes).All(i => Math.Abs((double)expected[i] - actual[i]) <= limit)) / pixels;
    }

    /// <summary>Root of the mean square of the difference over that of the numbers about their mean.</summary>
    public static double RelativeError(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var mean = expected.Average();
        return Math.Sqrt(expected.Zip(actual, (e, a) => ((double)e - a) * ((double)e - a)).Sum() / expected.Sum(e => ((double)e - mean) * ((double)e - mean)));
    }
}
