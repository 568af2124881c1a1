using System.Runtime.CompilerServices;
using Flair.Storage;

namespace Flair.Tests.Simulation;

/// <summary>The storage of one run's output: waits for the run's turn, and knows which failures end the run.</summary>
internal sealed class SimulatedStore(IObjectStore inner, SimulatedRun run) : IObjectStore
{
    public ObjectPath Root => inner.Root;

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var all = await Call(async () =>
        {
            List<ObjectEntry> entries = [];
            await foreach (var entry in inner.ListAsync(prefix, cancellation))
                entries.Add(entry);
            return entries;
        });
        foreach (var entry in all)
            yield return entry;
    }

    public Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default) => Call(() => inner.HeadAsync(key, cancellation));

    public Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default) =>
        Call(() => inner.ReadAsync(key, offset, buffer, etag, cancellation));

    public Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default) => Call(() => inner.CreateAsync(key, content, cancellation));

    public Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default) => Call(async () =>
    {
        await inner.ReplaceAsync(key, content, cancellation);
        return true;
    });

    public Task DeleteAsync(string key, CancellationToken cancellation = default) => Call(async () =>
    {
        await inner.DeleteAsync(key, cancellation);
        return true;
    });

    public Task DeleteAsync(ObjectEntry entry, CancellationToken cancellation = default) => Call(async () =>
    {
        await inner.DeleteAsync(entry, cancellation);
        return true;
    });

    private async Task<T> Call<T>(Func<Task<T>> act)
    {
        await run.Turns.EnterAsync(run.Name);
        run.ThrowIfKilled();
        try
        {
            return await act();
        }
        catch (StorageException e) when (e.Fault is not (StorageFault.Changed or StorageFault.NotFound or StorageFault.Corrupt))
        {
            run.Doom();
            throw;
        }
        finally
        {
            run.Turns.Leave(run.Name);
        }
    }
}
