using System.Collections.Concurrent;
using Flair.Torch;

namespace Flair.Inference;

/// <summary>
/// A thread that calls libtorch, or kernels of our own. OpenMP keeps a team of workers for every thread that ever called it, and libtorch's number of
/// threads is a setting of the calling thread: from the thread pool, teams would multiply and disturb each other.
/// </summary>
public sealed class DeviceThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="operatorThreads">
    /// Threads that an operator of libtorch may use on the CPU; 0 leaves it to <see cref="LibTorch.Threads"/> as it was set before, which is one where
    /// nobody did, and does not load libtorch.
    /// </param>
    public DeviceThread(int operatorThreads = 0)
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "network" };
        _thread.Start();
        if (operatorThreads == 0)
            return;
        try
        {
            Run(() => { LibTorch.Threads = operatorThreads; });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Runs something on the thread; what it throws is thrown to whoever awaits it.</summary>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Runs something on the thread and waits for it; what it throws is thrown here.</summary>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    public T Run<T>(Func<T> work) => RunAsync(work).GetAwaiter().GetResult();

    /// <summary>Runs something on the thread and waits for it; what it throws is thrown here.</summary>
    public void Run(Action work) => Run(() =>
    {
        work();
        return 0;
    });

    /// <summary>Ends the thread after the work that it has.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Loop()
    {
        foreach (var work in _work.GetConsumingEnumerable())
            work();
    }
}
