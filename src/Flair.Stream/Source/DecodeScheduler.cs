using Flair.Running;

namespace Flair.Source;

/// <summary>
/// Runs decoding jobs in the order in which they come, with all threads while somebody waits for one (<see cref="Hurry"/>) and with fewer else: what is
/// decoded ahead must not take the cores, and the memory of as many open blocks, from a network that works on what is there already.
/// </summary>
/// <param name="threads">Jobs at once at most.</param>
/// <param name="ahead">Jobs at once while nobody waits.</param>
internal sealed class DecodeScheduler(int threads, int ahead) : ThreadScheduler("decode", threads)
{
    private int _hurried;

    /// <inheritdoc/>
    protected override int Limit => _hurried > 0 ? MaximumConcurrencyLevel : ahead;

    /// <summary>Waits for jobs with all threads at work.</summary>
    public async Task Hurry(Task jobs, CancellationToken cancellation)
    {
        lock (Gate)
        {
            _hurried++;
            Wake();
        }

        try
        {
            await jobs.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            lock (Gate)
                _hurried--;
        }
    }
}
