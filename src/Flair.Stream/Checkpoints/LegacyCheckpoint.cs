using System.Buffers.Binary;
using System.Numerics;
using Flair.Checkpoints.Pickling;

namespace Flair.Checkpoints;

/// <summary>
/// What <c>torch.save</c> wrote before PyTorch 1.6 (<c>_use_new_zipfile_serialization=False</c>): pickles of a magic number, the
/// protocol's version, the machine's properties, the object and the storages' keys; then, a key after the other, the number of
/// elements as int64 and the elements.
/// </summary>
internal sealed class LegacyCheckpoint : StorageSource
{
    private static readonly BigInteger MagicNumber = BigInteger.Parse("119547037146038801333356");

    private readonly FileStream _file;
    private readonly AllocationBudget _budget;
    private readonly Dictionary<string, (long Start, long Bytes)> _places = new(StringComparer.Ordinal);

    public LegacyCheckpoint(FileStream file, AllocationBudget budget)
    {
        (_file, _budget) = (file, budget);
        if (PickleMachine.Read(file) is not BigInteger magic || magic != MagicNumber)
            throw new FlairException("it is a pickle but none that torch.save wrote; where it was made, torch.save(model.state_dict(), …)");
        if (PickleMachine.Read(file) is not 1001L)
            throw new InvalidDataException("it has an unknown version");
        if (PickleMachine.Read(file) is PickleDict system && system.Find("little_endian") is false)
            throw new FlairException("it was written on a big-endian machine and is not read; load it with PyTorch and torch.save it on a little-endian one");
        Root = PickleMachine.Read(file, out var machine);
        if (PickleMachine.Read(file) is not List<object?> keys)
            throw new InvalidDataException("its list of storages is damaged");
        foreach (var key in keys)
            Locate(Convert.ToString(key) ?? string.Empty, machine.Storages);
    }

    /// <summary>The pickled object.</summary>
    public object? Root { get; }

    public override void Dispose()
    {
    }

    protected override ReadOnlyMemory<byte> Load(string key)
    {
        if (!_places.TryGetValue(key, out var place))
            throw new InvalidDataException($"storage {key} is missing");
        var bytes = _budget.Allocate(place.Bytes, $"storage {key}");
        _file.Position = place.Start;
        _file.ReadExactly(bytes);
        return bytes;
    }

    private void Locate(string key, OrderedDictionary<string, PickledStorage> storages)
    {
        if (!storages.TryGetValue(key, out var storage))
            throw new InvalidDataException($"storage {key} belongs to no tensor of a type that is read");
        var number = new byte[sizeof(long)];
        _file.ReadExactly(number);
        var count = BinaryPrimitives.ReadInt64LittleEndian(number);
        var size = storage.Type.Size();
        if (count < 0 || count > (_file.Length - _file.Position) / size)
            throw new InvalidDataException($"storage {key} has {count} elements, more than the rest of the file holds");
        if (!_places.TryAdd(key, (_file.Position, count * size)))
            throw new InvalidDataException($"storage {key} is there twice");
        _file.Position += count * size;
    }
}
