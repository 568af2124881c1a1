using System.Diagnostics;
using System.Threading.Tasks.Dataflow;

namespace Flair.Running;

/// <summary>
/// One block of the graph: a Dataflow <see cref="ActionBlock{TInput}"/> that handles one message at a time, in order, and sends what it
/// makes to the next block itself. Unlike a <c>TransformManyBlock</c>, which buffers all that one input yields, it waits for room in the
/// next block before it makes more: that is what bounds memory.
/// </summary>
/// <typeparam name="TIn">What it takes.</typeparam>
/// <typeparam name="TOut">What it makes.</typeparam>
public abstract class Stage<TIn, TOut>
{
    private readonly ITargetBlock<TOut>? _next;
    private readonly CancellationToken _cancellation;
    private readonly ActionBlock<TIn> _block;

    /// <summary>Makes the block.</summary>
    /// <param name="counters">Counts its work.</param>
    /// <param name="next">Takes what it makes, and is completed or faulted with it; null for the last block.</param>
    /// <param name="capacity">Messages that may wait for it.</param>
    /// <param name="cancellation">Stops it between two messages.</param>
    /// <param name="ownThread">True to run on a thread of its own, false on the thread pool.</param>
    protected Stage(BlockCounters counters, ITargetBlock<TOut>? next, int capacity, CancellationToken cancellation, bool ownThread = false)
    {
        var thread = ownThread ? new ThreadScheduler(counters.Name, 1) : null;
        Counters = counters;
        _next = next;
        _cancellation = cancellation;
        _block = new ActionBlock<TIn>(HandleAsync, new ExecutionDataflowBlockOptions
        {
            BoundedCapacity = capacity,
            MaxDegreeOfParallelism = 1,
            EnsureOrdered = true,
            CancellationToken = cancellation,
            TaskScheduler = thread ?? TaskScheduler.Default,
        });
        counters.Queue = () => _block.InputCount;
        Completion = CompleteAsync(thread);
    }

    /// <summary>Where messages go in.</summary>
    public ITargetBlock<TIn> Input => _block;

    /// <summary>Ends when the last message has been handled, or with the block's fault.</summary>
    public Task Completion { get; }

    /// <summary>Its counters.</summary>
    protected BlockCounters Counters { get; }

    /// <summary>Handles one message.</summary>
    protected abstract Task HandleAsync(TIn message, CancellationToken cancellation);

    /// <summary>Called once after the last message, unless something failed: sends what is left.</summary>
    protected virtual Task EndAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Called once after the last message, also after a fault: releases what is left.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Sends a message on, waiting for room. One that is not taken is disposed of.</summary>
    /// <exception cref="OperationCanceledException">The next block takes no more: the run is over.</exception>
    protected async Task SendAsync(TOut message)
    {
        var start = Stopwatch.GetTimestamp();
        var accepted = false;
        try
        {
            accepted = await _next!.SendAsync(message, _cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (!accepted)
                (message as IDisposable)?.Dispose();
        }

        Counters.Waited(start);
        if (!accepted)
            throw new OperationCanceledException("the next block has stopped");
    }

    private Task HandleAsync(TIn message) => HandleAsync(message, _cancellation);

    private async Task CompleteAsync(ThreadScheduler? thread)
    {
        using var ended = thread;
        try
        {
            await _block.Completion.ConfigureAwait(false);
            await EndAsync(_cancellation).ConfigureAwait(false);
            Release();
            _next?.Complete();
        }
        catch (Exception e)
        {
            Release();
            _next?.Fault(e is OperationCanceledException ? new OperationCanceledException("the run was stopped") : e);
            throw;
        }
    }
}
