using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Flair.Checkpoints;

/// <summary>A tensor as a checkpoint holds it: contiguous, row-major, little-endian, in managed memory.</summary>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Data">Its bytes: product of <paramref name="Shape"/> × size of <paramref name="Type"/>.</param>
public sealed record StoredTensor(ScalarType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data);

/// <summary>Element types that checkpoints hold.</summary>
public enum ScalarType
{
    /// <summary>Unsigned 8 bits.</summary>
    UInt8,

    /// <summary>Signed 8 bits.</summary>
    Int8,

    /// <summary>Signed 16 bits.</summary>
    Int16,

    /// <summary>Signed 32 bits.</summary>
    Int32,

    /// <summary>Signed 64 bits.</summary>
    Int64,

    /// <summary>IEEE half precision.</summary>
    Float16,

    /// <summary>bfloat16.</summary>
    BFloat16,

    /// <summary>IEEE single precision.</summary>
    Float32,

    /// <summary>IEEE double precision.</summary>
    Float64,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>Named tensors in the order of the file, as PyTorch's <c>state_dict</c>.</summary>
public sealed class StateDict : IReadOnlyCollection<KeyValuePair<string, StoredTensor>>
{
    private readonly List<KeyValuePair<string, StoredTensor>> _entries = [];
    private readonly Dictionary<string, StoredTensor> _byName = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public StoredTensor this[string name] => _byName[name];

    /// <summary>Adds a tensor at the end.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(string name, StoredTensor tensor)
    {
        _byName.Add(name, tensor);
        _entries.Add(new(name, tensor));
    }

    /// <summary>Finds a tensor by name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out StoredTensor? tensor) => _byName.TryGetValue(name, out tensor);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, StoredTensor>> GetEnumerator() => _entries.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
