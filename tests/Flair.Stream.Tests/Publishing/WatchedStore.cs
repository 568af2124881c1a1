using Flair.Storage;

namespace Flair.Tests.Publishing;

/// <summary>A store that tells of every call, and from one on does nothing any more, as the storage of a process that was killed.</summary>
/// <param name="inner">Holds the objects.</param>
/// <param name="killAt">The call, from 0, that is the last.</param>
/// <param name="done">Whether that call is still carried out, its answer lost.</param>
/// <param name="killed">Called when it dies.</param>
internal sealed class WatchedStore(IObjectStore inner, int killAt = int.MaxValue, bool done = false, Action? killed = null) : IObjectStore
{
    private int _calls;

    public ObjectPath Root => inner.Root;

    public int Calls => Volatile.Read(ref _calls);

    public List<string> Writes { get; } = [];

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Call(() => Task.FromResult(true));
        await foreach (var entry in inner.ListAsync(prefix, cancellation))
            yield return entry;
    }

    public Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default) => Call(() => inner.HeadAsync(key, cancellation));

    public Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default) =>
        Call(() => inner.ReadAsync(key, offset, buffer, etag, cancellation));

    public Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default) =>
        Write(key, () => inner.CreateAsync(key, content, cancellation));

    public Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default) => Write(key, async () =>
    {
        await inner.ReplaceAsync(key, content, cancellation);
        return true;
    });

    public Task DeleteAsync(string key, CancellationToken cancellation = default) => Write(key, async () =>
    {
        await inner.DeleteAsync(key, cancellation);
        return true;
    });

    public Task DeleteAsync(ObjectEntry entry, CancellationToken cancellation = default) => Write(entry.Key, async () =>
    {
        await inner.DeleteAsync(entry, cancellation);
        return true;
    });

    private Task<T> Write<T>(string key, Func<Task<T>> act)
    {
        lock (Writes)
            Writes.Add(key);
        return Call(act);
    }

    private async Task<T> Call<T>(Func<Task<T>> act)
    {
        var number = Interlocked.Increment(ref _calls) - 1;
        if (number < killAt)
            return await act();
        killed?.Invoke();
        if (number == killAt && done)
            await act();
        throw new OperationCanceledException("killed");
    }
}
