using Flair.Checkpoints.Pickling;

namespace Flair.Checkpoints;

/// <summary>The storages of one file, each read once however many tensors are views of it.</summary>
internal abstract class StorageSource : IDisposable
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _loaded = new(StringComparer.Ordinal);

    /// <summary>The bytes of the part of a storage that <paramref name="storage"/> names.</summary>
    /// <exception cref="InvalidDataException">The file does not have them.</exception>
    public ReadOnlyMemory<byte> Get(PickledStorage storage)
    {
        if (!_loaded.TryGetValue(storage.Key, out var bytes))
            _loaded.Add(storage.Key, bytes = Load(storage.Key));
        var size = storage.Type.Size();
        if (bytes.Length / size < storage.TotalCount)
            throw new InvalidDataException($"storage {storage.Key} has {bytes.Length} bytes instead of {storage.TotalCount} × {size}");
        return bytes.Slice((int)(storage.Offset * size), (int)(storage.Count * size));
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>All bytes of a storage.</summary>
    protected abstract ReadOnlyMemory<byte> Load(string key);
}
