namespace Flair.Fusion;

/// <summary>A map's memory while a window goes through.</summary>
internal sealed class MapBuffer(string name, long bytes)
{
    /// <summary>The map's name.</summary>
    public string Name => name;

    /// <summary>Its size.</summary>
    public long Bytes => bytes;

    /// <summary>The step that writes it first.</summary>
    public int First { get; set; } = int.MaxValue;

    /// <summary>The last step that uses it.</summary>
    public int Last { get; set; } = -1;

    /// <summary>Where it lies; set by <see cref="MemoryPlan"/>.</summary>
    public long Offset { get; set; }

    /// <summary>Notes that a step uses it.</summary>
    public void UsedBy(int step)
    {
        First = Math.Min(First, step);
        Last = Math.Max(Last, step);
    }
}

/// <summary>Lets maps that are not needed at the same time share memory.</summary>
internal static class MemoryPlan
{
    // A cache line and the widest vector.
    private const long Alignment = 64;

    /// <summary>Places the buffers, largest first, each as low as those that live at the same time allow.</summary>
    /// <returns>Bytes that all of them need together.</returns>
    public static long Place(IEnumerable<MapBuffer> buffers)
    {
        var placed = new List<MapBuffer>();
        long total = 0;
        foreach (var buffer in buffers.OrderByDescending(buffer => buffer.Bytes))
        {
            long offset = 0;
            foreach (var other in placed.Where(other => other.First <= buffer.Last && buffer.First <= other.Last).OrderBy(other => other.Offset))
            {
                if (other.Offset - offset >= buffer.Bytes)
                    break;
                offset = Math.Max(offset, Align(other.Offset + other.Bytes));
            }

            buffer.Offset = offset;
            placed.Add(buffer);
            total = Math.Max(total, Align(offset + buffer.Bytes));
        }

        return total;
    }

    private static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
