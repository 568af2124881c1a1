namespace Flair.Source;

/// <summary>
/// Runs decoding jobs in the order in which they come, with all threads while somebody waits for one (<see cref="Hurry"/>) and with fewer else: what is
/// decoded ahead must not take the cores, and the memory of as many open blocks, from a network that works on what is there already.
/// </summary>
/// <param name="threads">Jobs at once at most.</param>
/// <param name="ahead">Jobs at once while nobody waits.</param>
internal sealed class DecodeScheduler(int threads, int ahead) : TaskScheduler
{
    private readonly Lock _gate = new();
    private readonly Queue<Task> _waiting = new();
    private int _hurried;
    private int _running;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => threads;

    private int Limit => _hurried > 0 ? threads : ahead;

    /// <summary>Waits for jobs with all threads at work.</summary>
    public async Task Hurry(Task jobs, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _hurried++;
            Fill();
        }

        try
        {
            await jobs.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _hurried--;
        }
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _waiting.Enqueue(task);
            Fill();
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
            return [.. _waiting];
    }

    private void Fill()
    {
        for (; _running < Limit && _waiting.TryDequeue(out var task); _running++)
            ThreadPool.UnsafeQueueUserWorkItem(Work, task, preferLocal: false);
    }

    private void Work(Task first)
    {
        for (Task? task = first; task is not null;)
        {
            TryExecuteTask(task);
            lock (_gate)
            {
                task = _running <= Limit && _waiting.TryDequeue(out var next) ? next : null;
                if (task is null)
                    _running--;
            }
        }
    }
}
