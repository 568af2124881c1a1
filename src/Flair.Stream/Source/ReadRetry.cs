using Polly;
using Polly.Retry;

namespace Flair.Source;

/// <summary>
/// How often and when blocks that could not be read are tried again: after about ¼, ½, 1, … seconds, up to 10, so that a short fault of a disk or a network passes.
/// </summary>
internal static class ReadRetry
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>Repeats what returns how many blocks failed, until none does.</summary>
    /// <param name="attempts">Times a block is tried in all. At least one is tried after a whole job: that finds out which blocks are at fault.</param>
    /// <param name="waits">False to try again at once.</param>
    public static ResiliencePipeline<int> Pipeline(int attempts, bool waits) => new ResiliencePipelineBuilder<int>()
        .AddRetry(new RetryStrategyOptions<int>
        {
            ShouldHandle = static outcome => ValueTask.FromResult(outcome.Outcome is { Exception: null, Result: > 0 }),
            MaxRetryAttempts = Math.Max(1, attempts - 1),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = waits && attempts > 1,
            Delay = waits && attempts > 1 ? FirstWait : TimeSpan.Zero,
            MaxDelay = LongestWait,
        })
        .Build();
}
