using Flair.Settings;

namespace Flair.Running;

/// <summary>A run of <c>flair detect</c>.</summary>
public static class DetectRun
{
    /// <summary>Maps every unfinished tile.</summary>
    public static Task<RunSummary> RunAsync(RunSettings settings, RunOptions options, IRunObserver observer, CancellationToken cancellation) =>
        throw new NotImplementedException();
}
