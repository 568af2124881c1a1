namespace Flair.Checkpoints.Pickling;

// What a pickle can hold for us. None, True, numbers, strings and bytes are the CLR's own (null, bool, long, double, string, byte[]);
// a tuple is an object?[], a list or set a List<object?>.

/// <summary>A name that the pickle wants to import. It is only ever compared, never looked up.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>
/// A dict in insertion order. Keys are not hashed, so that no key, however nested, costs more than its bytes; the pairs that it is made
/// from are not copied, so that no opcode costs more than its own size.
/// </summary>
/// <param name="pairs">Tuples or lists of a key and a value that come first, as <c>OrderedDict(pairs)</c> takes them.</param>
internal class PickleDict(List<object?>? pairs = null)
{
    private List<KeyValuePair<object?, object?>>? _added;

    /// <summary>A dict of string keys.</summary>
    public static PickleDict Of(params ReadOnlySpan<(string Key, object? Value)> items)
    {
        var dict = new PickleDict();
        foreach (var (key, value) in items)
            dict.Add(key, value);
        return dict;
    }

    /// <summary>All items; a key that was set twice is there twice, and the last one counts.</summary>
    public IEnumerable<KeyValuePair<object?, object?>> Items
    {
        get
        {
            foreach (var pair in pairs ?? [])
            {
                if (pair is IReadOnlyList<object?> { Count: 2 } keyAndValue)
                    yield return new(keyAndValue[0], keyAndValue[1]);
            }

            foreach (var item in _added ?? [])
                yield return item;
        }
    }

    public void Add(object? key, object? value) => (_added ??= []).Add(new(key, value));

    /// <summary>The value of a string key; null when there is none.</summary>
    public object? Find(string key) => Items.LastOrDefault(item => item.Key is string name && name == key).Value;
}

/// <summary>An object of a class that we do not know: nothing of it was made but its name and, if it is filled like a dict, its items.</summary>
internal sealed class PickleOpaque(string className) : PickleDict
{
    public string ClassName { get; } = className;
}

/// <summary>A storage of the file, or the part of one that an old-style view names.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="TotalCount">Elements that the whole storage has.</param>
/// <param name="Offset">First element of the part.</param>
/// <param name="Count">Elements of the part.</param>
internal sealed record PickledStorage(string Key, ScalarType Type, long TotalCount, long Offset, long Count);

/// <summary>A tensor as PyTorch pickles it: a strided view of a storage. Checked: every element lies in the storage.</summary>
internal sealed record PickledTensor(PickledStorage Storage, ScalarType Type, long Offset, long[] Shape, long[] Strides);
