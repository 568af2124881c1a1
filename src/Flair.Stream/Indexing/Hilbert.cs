namespace Flair.Indexing;

/// <summary>The Hilbert curve through all points with 32-bit coordinates: points near each other on the ground are mostly near on it.</summary>
public static class Hilbert
{
    /// <summary>
    /// The distance of a point along the curve, for any signed coordinates. The curve is the same whatever is mapped, so the order of two
    /// windows never depends on a third. Algorithm: Wikipedia, "Hilbert curve", xy2d, with n = 2^32.
    /// </summary>
    public static ulong Distance(int column, int row)
    {
        // Flipping the sign bit maps the signed range onto the unsigned one in order.
        uint x = (uint)column ^ 0x80000000, y = (uint)row ^ 0x80000000;
        ulong distance = 0;
        for (var side = 0x80000000; side > 0; side >>= 1)
        {
            bool right = (x & side) != 0, lower = (y & side) != 0;
            distance += (ulong)side * side * (right ? (lower ? 2u : 3u) : (lower ? 1u : 0u));
            if (lower)
                continue;
            if (right)
                (x, y) = (~x, ~y);
            (x, y) = (y, x);
        }

        return distance;
    }
}
