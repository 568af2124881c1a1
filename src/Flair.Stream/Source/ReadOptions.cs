using Flair.Settings;

namespace Flair.Source;

/// <summary>How rasters are read.</summary>
/// <param name="Readers">Blocks decoded at once, over all files of an area; 0: as many as there are cores.</param>
/// <param name="Attempts">Times a block is tried in all before it is given up; 1 or more.</param>
/// <param name="SparesCores">True to decode ahead with half of the readers only, where others need the cores; what is waited for has them all.</param>
public sealed record ReadOptions(int Readers = 0, int Attempts = 2, bool SparesCores = false)
{
    /// <summary>The options that a run's settings ask for.</summary>
    public static ReadOptions From(ResourceSettings resources)
    {
        ArgumentNullException.ThrowIfNull(resources);
        return new ReadOptions(resources.Readers, resources.Attempts);
    }

    /// <summary><see cref="Readers"/> with 0 resolved.</summary>
    public int Parallelism => Readers > 0 ? Readers : Environment.ProcessorCount;
}
