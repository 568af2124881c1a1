namespace Flair.Storage;

/// <summary>To come.</summary>
public sealed class AzureStore(ObjectPath folder, StorageOptions options) : IObjectStore
{
    /// <inheritdoc/>
    public ObjectPath Root => options is null ? folder : folder;

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<ObjectEntry?> HeadAsync(string key, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<int> ReadAsync(string key, long offset, Memory<byte> buffer, string? etag = null, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<bool> CreateAsync(string key, ObjectContent content, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task ReplaceAsync(string key, ObjectContent content, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellation = default) => throw new NotSupportedException();
}
