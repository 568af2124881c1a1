namespace Flair.Running;

/// <summary>
/// Runs tasks in the order in which they come, on threads of its own. Work that takes a core for long would keep the blocks of the graph waiting on the thread
/// pool, which has a thread a core; and GDAL and PROJ keep megabytes for every thread that ever used them, of which the pool has more with time.
/// Threads are started when they are needed.
/// </summary>
/// <param name="name">The threads' name.</param>
/// <param name="threads">Tasks at once at most, 1 or more.</param>
internal class ThreadScheduler(string name, int threads) : TaskScheduler, IDisposable
{
    private readonly Queue<Task> _waiting = new();
    private int _started;
    private int _idle;
    private int _running;
    private bool _ended;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => threads;

    /// <summary>Guards all that changes.</summary>
    protected object Gate { get; } = new();

    /// <summary>Tasks at once now; asked for under <see cref="Gate"/>.</summary>
    protected virtual int Limit => threads;

    /// <summary>Ends the threads after the tasks that they have; does not wait for them.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    protected virtual void Dispose(bool disposing)
    {
        lock (Gate)
        {
            _ended = true;
            Monitor.PulseAll(Gate);
        }
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _waiting.Enqueue(task);
            Wake();
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (Gate)
            return [.. _waiting];
    }

    /// <summary>Sets as many threads to work as there is work for; under <see cref="Gate"/>, whenever <see cref="Limit"/> may have grown.</summary>
    protected void Wake()
    {
        var wanted = Math.Min(Limit - _running, _waiting.Count);
        for (; _idle < wanted && _started < threads; _started++, _idle++)
            new Thread(Work) { IsBackground = true, Name = name }.Start();
        Monitor.PulseAll(Gate);
    }

    private void Work()
    {
        while (Next() is { } task)
        {
            TryExecuteTask(task);
            lock (Gate)
                (_running, _idle) = (_running - 1, _idle + 1);
        }
    }

    private Task? Next()
    {
        lock (Gate)
        {
            while (_waiting.Count == 0 || _running >= Limit)
            {
                if (_ended && _waiting.Count == 0)
                {
                    // Others may have been kept from the last tasks by the limit, and wait still.
                    Monitor.PulseAll(Gate);
                    return null;
                }

                Monitor.Wait(Gate);
            }

            (_running, _idle) = (_running + 1, _idle - 1);
            return _waiting.Dequeue();
        }
    }
}
