namespace Flair;

/// <summary>What a run does to a file.</summary>
internal enum DiskStep
{
    /// <summary>It is about to be written under a name that is not its final one.</summary>
    Write,

    /// <summary>It is written under that name.</summary>
    Written,

    /// <summary>It is about to be given its final name.</summary>
    Rename,

    /// <summary>It bears its final name.</summary>
    Renamed,

    /// <summary>It is about to be removed.</summary>
    Delete,
}

/// <summary>
/// The moments at which the state of an output on the disk changes. The program tells them and nothing more; a simulation listens, and lets the disk be
/// full or the process die there.
/// </summary>
internal static class DiskSteps
{
    /// <summary>Takes every step and the path of the file as it is named at that moment; what it throws ends the step. Null in the program.</summary>
    public static Action<DiskStep, string>? Watcher { get; set; }

    /// <summary>Tells a step.</summary>
    public static void Reach(DiskStep step, string path) => Watcher?.Invoke(step, path);
}
