namespace Flair.Source;

/// <summary>Division of rows and columns, which may be negative, towards north and west.</summary>
internal static class GridMath
{
    /// <summary>⌊value / by⌋; <paramref name="by"/> is positive.</summary>
    public static int FloorDivide(int value, int by) => (value >= 0 ? value : value - by + 1) / by;

    /// <summary>What is left of it: 0 to <paramref name="by"/> − 1.</summary>
    public static int FloorRemainder(int value, int by) => ((value % by) + by) % by;
}
