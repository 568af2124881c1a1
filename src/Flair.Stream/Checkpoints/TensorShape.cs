namespace Flair.Checkpoints;

/// <summary>What follows from a tensor's dimensions.</summary>
internal static class TensorShape
{
    /// <summary>The number of elements: the product of the dimensions, 1 for a scalar.</summary>
    public static long Elements(IEnumerable<long> shape) => shape.Aggregate(1L, (product, side) => product * side);
}
